/*
 * web: the lab's test workload. An HTTP server that says who it is and does what a test tells it to.
 * Its paths and environment variables are listed in docs/contributing/lab.md.
 *
 * One thread a connection, HTTP/1.1 with keep-alive, no dependencies beyond libc. SIGTERM closes the listening socket,
 * lets every request in flight finish, and exits 0.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 16 * 1024, STACK_BYTES = 64 * 1024, FIRST_REQUEST_GRACE_MS = 200 };

extern char **environ;

static atomic_bool healthy = true, ready = true, stopping = false;
static atomic_int in_flight = 0; /* connections that are owed an answer */
static atomic_ulong requests = 0;
static int stop_pipe[2]; /* its write end closes at SIGTERM, which wakes every thread that polls the read end */
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static char *held; /* what /memory has allocated */

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&t, &t) == -1 && errno == EINTR) continue;
}

static const char *env(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value && *value ? value : otherwise;
}

/* One write a line, so that lines of several threads never mix. */
static void log_line(int fd, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  if (n > (int)sizeof line - 2) n = sizeof line - 2;
  line[n++] = '\n';
  if (write(fd, line, (size_t)n) < 0) return; /* nobody reads the log: serving goes on */
}

static void start_thread(void *(*run)(void *), void *argument) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int failed = pthread_create(&thread, &attributes, run, argument);
  pthread_attr_destroy(&attributes);
  if (failed) {
    log_line(2, "cannot start a thread: %s", strerror(failed));
    exit(70);
  }
}

/* ---- JSON ---- */

static void json_string(FILE *out, const char *text, size_t length) {
  fputc('"', out);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
    else if (c < 0x20) fprintf(out, "\\u%04x", c);
    else fputc(c, out);
  }
  fputc('"', out);
}

static void json_member(FILE *out, const char *name, const char *value) {
  json_string(out, name, strlen(name));
  fputc(':', out);
  json_string(out, value, strlen(value));
}

static void json_environment(FILE *out) {
  fputc('{', out);
  for (char **e = environ; *e; e++) {
    const char *equals = strchr(*e, '=');
    if (!equals) continue;
    if (e != environ) fputc(',', out);
    json_string(out, *e, (size_t)(equals - *e));
    fputc(':', out);
    json_string(out, equals + 1, strlen(equals + 1));
  }
  fputc('}', out);
}

static void json_identity(FILE *out, int connection) {
  char host[256] = "", client[INET_ADDRSTRLEN] = "", own[INET_ADDRSTRLEN] = "";
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  gethostname(host, sizeof host - 1);
  if (getpeername(connection, (struct sockaddr *)&address, &size) == 0)
    inet_ntop(AF_INET, &address.sin_addr, client, sizeof client);
  size = sizeof address;
  if (getsockname(connection, (struct sockaddr *)&address, &size) == 0)
    inet_ntop(AF_INET, &address.sin_addr, own, sizeof own);
  fputc('{', out);
  json_member(out, "hostname", host);
  fputc(',', out);
  json_member(out, "version", env("VERSION", "unknown"));
  fputc(',', out);
  json_member(out, "address", own);
  fputc(',', out);
  json_member(out, "client", client);
  fprintf(out, ",\"requests\":%lu,\"env\":", atomic_load(&requests));
  json_environment(out);
  fputc('}', out);
}

/* ---- what a test can tell it to do ---- */

static const char *query_text(const char *query, const char *name) {
  size_t length = strlen(name);
  for (const char *p = query; p && *p; p = strchr(p, '&') ? strchr(p, '&') + 1 : NULL)
    if (strncmp(p, name, length) == 0 && p[length] == '=') return p + length + 1;
  return NULL;
}

static long query_number(const char *query, const char *name, long otherwise) {
  const char *text = query_text(query, name);
  return text ? strtol(text, NULL, 10) : otherwise;
}

struct burn { long ms, millicores; };

/* Uses millicores/1000 of one core: busy for that share of every 20 ms. */
static void *burn_cpu(void *argument) {
  struct burn burn = *(struct burn *)argument;
  free(argument);
  double end = now_ms() + (double)burn.ms;
  while (now_ms() < end) {
    double slice = now_ms(), busy = 20.0 * (double)burn.millicores / 1000;
    while (now_ms() - slice < busy) continue;
    double left = slice + 20 - now_ms();
    if (left >= 1) sleep_ms((long)left);
  }
  return NULL;
}

static void start_burning(long seconds, long millicores) {
  for (; millicores > 0; millicores -= 1000) {
    struct burn *burn = malloc(sizeof *burn);
    if (!burn) return;
    *burn = (struct burn){seconds * 1000, millicores > 1000 ? 1000 : millicores};
    start_thread(burn_cpu, burn);
  }
}

static bool hold_memory(long mb) {
  pthread_mutex_lock(&held_lock);
  free(held);
  held = mb > 0 ? malloc((size_t)mb << 20) : NULL;
  if (held) memset(held, 1, (size_t)mb << 20); /* touched, or the kernel would not count it */
  bool done = held || mb <= 0;
  pthread_mutex_unlock(&held_lock);
  return done;
}

static void *crash_later(void *argument) {
  sleep_ms((long)(intptr_t)argument);
  log_line(1, "crashing as told by CRASH_AFTER_MS");
  _exit(atoi(env("EXIT_CODE", "1")));
}

static void *log_regularly(void *argument) {
  for (unsigned long i = 1;; i++) {
    log_line(1, "line %lu", i);
    sleep_ms((long)(intptr_t)argument);
  }
  return NULL;
}

/* ---- HTTP ---- */

/* Writes the body of the answer and returns its status. */
static int answer(const char *path, const char *query, int connection, FILE *out) {
  bool is_healthy = atomic_load(&healthy), is_ready = atomic_load(&ready);
  if (strcmp(path, "/") == 0) return json_identity(out, connection), 200;
  if (strcmp(path, "/env") == 0) return json_environment(out), 200;
  if (strcmp(path, "/healthz") == 0) return fputs(is_healthy ? "ok" : "unhealthy", out), is_healthy ? 200 : 503;
  if (strcmp(path, "/readyz") == 0) return fputs(is_ready ? "ok" : "not ready", out), is_ready ? 200 : 503;
  if (strcmp(path, "/healthy") == 0) return atomic_store(&healthy, true), fputs("ok", out), 200;
  if (strcmp(path, "/unhealthy") == 0) return atomic_store(&healthy, false), fputs("ok", out), 200;
  if (strcmp(path, "/ready") == 0) return atomic_store(&ready, true), fputs("ok", out), 200;
  if (strcmp(path, "/unready") == 0) return atomic_store(&ready, false), fputs("ok", out), 200;
  if (strcmp(path, "/crash") == 0) return fputs("crashing", out), 200; /* serve() exits once this is sent */
  if (strcmp(path, "/slow") == 0) return sleep_ms(query_number(query, "ms", 500)), fputs("slow", out), 200;
  if (strcmp(path, "/cpu") == 0) {
    start_burning(query_number(query, "seconds", 5), query_number(query, "millicores", 1000));
    return fputs("burning", out), 202;
  }
  if (strcmp(path, "/memory") == 0) {
    bool done = hold_memory(query_number(query, "mb", 0));
    return fputs(done ? "held" : "out of memory", out), done ? 200 : 507;
  }
  if (strcmp(path, "/log") == 0) {
    const char *text = query_text(query, "text");
    int length = text ? (int)strcspn(text, "&") : 0;
    log_line(query_number(query, "stderr", 0) ? 2 : 1, "%.*s", length, text ? text : "");
    return fputs("logged", out), 200;
  }
  return fputs("not found", out), 404;
}

static bool send_all(int connection, const char *data, size_t length) {
  while (length) {
    ssize_t n = send(connection, data, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    length -= (size_t)n;
  }
  return true;
}

/* Answers the request in `head` (its blank line replaced by NUL). False when the connection must close. */
static bool respond(int connection, char *head, bool keep) {
  char method[16] = "", target[2048] = "", headers[256];
  double begin = now_ms();
  sscanf(head, "%15s %2047s", method, target);
  char *question = strchr(target, '?');
  if (question) *question = 0;
  atomic_fetch_add(&requests, 1);

  char *body = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&body, &length);
  if (!out) return false;
  int status = answer(target, question ? question + 1 : "", connection, out);
  fclose(out);

  keep = keep && !atomic_load(&stopping);
  bool json = length && body[0] == '{';
  int n = snprintf(headers, sizeof headers,
                   "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n", status,
                   status < 300 ? "OK" : "Not OK", json ? "application/json" : "text/plain", length,
                   keep ? "keep-alive" : "close");
  bool sent = send_all(connection, headers, (size_t)n) &&
              (strcmp(method, "HEAD") == 0 || send_all(connection, body, length));
  free(body);
  log_line(1, "%s %s%s%s %d %.0fms", method, target, question ? "?" : "", question ? question + 1 : "", status,
           now_ms() - begin);
  if (strcmp(target, "/crash") == 0) _exit((int)query_number(question ? question + 1 : "", "code", 1));
  return sent && keep;
}

/*
 * Waits until the connection has something to read. False when the server stops meanwhile: an idle keep-alive
 * connection closes at once, a fresh one gets a moment, because its request may be on the way.
 */
static bool readable(int connection, bool fresh) {
  struct pollfd fds[2] = {{connection, POLLIN, 0}, {stop_pipe[0], POLLIN, 0}};
  if (poll(fds, 2, -1) < 0) return errno == EINTR;
  if (fds[0].revents) return true;
  return fresh && poll(fds, 1, FIRST_REQUEST_GRACE_MS) > 0;
}

static bool wants_close(const char *head) {
  return strcasestr(head, "\nconnection: close") || strstr(head, " HTTP/1.0\r\n");
}

static void *serve(void *argument) {
  int connection = (int)(intptr_t)argument;
  char *buffer = malloc(REQUEST_BYTES);
  size_t used = 0, skip = 0; /* skip: bytes of a request body still to be thrown away */
  bool counted = true;       /* main() counted this connection as in flight when it accepted it */
  while (buffer && (used || readable(connection, counted))) {
    char *end = used ? memmem(buffer, used, "\r\n\r\n", 4) : NULL;
    if (!end) {
      if (used >= REQUEST_BYTES - 1) break;
      ssize_t n = recv(connection, buffer + used, REQUEST_BYTES - 1 - used, 0);
      if (n <= 0) break;
      if (!counted) atomic_fetch_add(&in_flight, 1), counted = true;
      size_t drop = skip < (size_t)n ? skip : (size_t)n;
      memmove(buffer + used, buffer + used + drop, (size_t)n - drop);
      skip -= drop;
      used += (size_t)n - drop;
      continue;
    }
    *end = 0;
    char *header = strcasestr(buffer, "\ncontent-length:");
    skip = header ? strtoul(header + 16, NULL, 10) : 0;
    size_t rest = used - (size_t)(end + 4 - buffer), drop = skip < rest ? skip : rest;
    bool keep = respond(connection, buffer, !wants_close(buffer));
    atomic_fetch_sub(&in_flight, 1), counted = false;
    if (!keep) break;
    used = rest - drop;
    skip -= drop;
    memmove(buffer, end + 4 + drop, used);
    if (used) atomic_fetch_add(&in_flight, 1), counted = true;
  }
  free(buffer);
  shutdown(connection, SHUT_WR);
  close(connection);
  if (counted) atomic_fetch_sub(&in_flight, 1);
  return NULL;
}

static int listen_on(int port) {
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) {
    log_line(2, "cannot listen on port %d: %s", port, strerror(errno));
    exit(71);
  }
  return fd;
}

static void accept_all(int listener) {
  for (int connection; (connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    atomic_fetch_add(&in_flight, 1);
    start_thread(serve, (void *)(intptr_t)connection);
  }
}

static void *stop_on_signal(void *argument) {
  int signal;
  sigwait(argument, &signal);
  log_line(1, "%s: finishing %d requests", signal == SIGTERM ? "SIGTERM" : "SIGINT", atomic_load(&in_flight));
  atomic_store(&stopping, true);
  close(stop_pipe[1]);
  return NULL;
}

int main(void) {
  int port = atoi(env("PORT", "8080"));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL); /* blocked, so that process 1 of a container gets them too */
  if (pipe(stop_pipe)) return 71;
  start_thread(stop_on_signal, &signals);
  if (getenv("CRASH_AFTER_MS")) start_thread(crash_later, (void *)(intptr_t)atol(getenv("CRASH_AFTER_MS")));
  if (getenv("LOG_EVERY_MS")) start_thread(log_regularly, (void *)(intptr_t)atol(getenv("LOG_EVERY_MS")));

  struct pollfd fds[2] = {{stop_pipe[0], POLLIN, 0}, {-1, POLLIN, 0}};
  if (poll(fds, 1, atoi(env("START_DELAY_MS", "0"))) == 0) {
    fds[1].fd = listen_on(port);
    log_line(1, "listening on port %d, version %s", port, env("VERSION", "unknown"));
    while (!atomic_load(&stopping)) {
      if (poll(fds, 2, -1) > 0 && fds[1].revents) accept_all(fds[1].fd);
    }
    accept_all(fds[1].fd); /* whoever is in the backlog has a connection already */
    close(fds[1].fd);
  }
  while (atomic_load(&in_flight) > 0) sleep_ms(5);
  log_line(1, "stopped");
  return 0;
}
