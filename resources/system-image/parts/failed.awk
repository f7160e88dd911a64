# Failed requests of the time from `from` to `to` seconds ago, by backend, from Caddy's access log, in which only failed ones are:
#
#   awk -v now=1795279982.5 -v from=60 -v to=0 -f failed.awk failed.log   →   10.96.0.2:1234 502 9
#
# A line of the log: {"ts":1795279982.52,"user_id":"10.96.0.2:1234","status":502}. In the place of the user's name stands
# what Caddy connected to (src-main/network/plan/ingress/request-log.ts), unless somebody gave a name and password.

BEGIN { FS = "\"" }

$6 ~ /^[0-9.]+:[0-9]+$/ && $8 == "status" {
  time = substr($3, 2) + 0
  status = substr($9, 2) + 0
  if (time >= now - from && (to == 0 || time <= now - to) && status >= 500) count[$6 " " status]++
}

END { for (key in count) print key, count[key] }
