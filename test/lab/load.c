/*
 * load: asks one HTTP server at a steady rate until its standard input ends, and says in JSON what came of it.
 *
 *   load ADDRESS PORT HOST RATE
 *
 * Half of the requests are on connections that are kept, half on a new one each. Every answer but 200 is a failure, and
 * so is none. Only a request on a kept connection which the server closed before a byte of an answer is asked once more
 * on a new one, as every HTTP client does (RFC 9112, 9.3.1): `again` counts them. A worker that waited for a slow answer
 * catches up on a second at most; when that is not enough, fewer requests are made: `seconds` tells.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 80, CATCH_UP_SECONDS = 1, ANSWER_SECONDS = 15, BUFFER = 16 * 1024, WORDS = 5 };

static struct sockaddr_in server = {.sin_family = AF_INET};
static char request[2][512]; /* on a new connection, on a kept one */
static double begin;
static double period; /* seconds between two requests of one worker */
static atomic_bool stopping = false;
static atomic_ulong asked = 0, failed = 0, again = 0;
static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;
static char words[WORDS][128];
static int words_count = 0;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double when) {
  double left = when - now();
  if (left <= 0) return;
  struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
  nanosleep(&t, NULL);
}

static void fail(const char *what, const char *detail) {
  double after = now() - begin;
  atomic_fetch_add(&failed, 1);
  pthread_mutex_lock(&words_lock);
  if (words_count < WORDS)
    snprintf(words[words_count++], sizeof words[0], "%s: %.80s (after %.2f s)", what, detail, after);
  pthread_mutex_unlock(&words_lock);
}

static int open_connection(void) {
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval limit = {ANSWER_SECONDS, 0};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&server, sizeof server) == 0) return fd;
  int why = errno;
  if (fd >= 0) close(fd);
  errno = why;
  return -1;
}

/* Reads one answer with a Content-Length. Its status; 0 and `errno` when it ended too early, `used` bytes having come. */
static int read_answer(int fd, size_t *used, bool *closes) {
  char buffer[BUFFER];
  size_t whole = 0;
  *used = 0;
  while (!whole || *used < whole) {
    ssize_t n = recv(fd, buffer + *used, sizeof buffer - 1 - *used, 0);
    if (n == 0) errno = ECONNRESET;
    if (n <= 0) return 0;
    *used += (size_t)n;
    buffer[*used] = 0;
    char *end = whole ? NULL : strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *length = strcasestr(buffer, "\ncontent-length:");
    whole = (size_t)(end + 4 - buffer) + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
    char *close_header = strcasestr(buffer, "\nconnection: close");
    *closes = close_header && close_header < end;
    if (whole >= sizeof buffer) return errno = EMSGSIZE, 0;
  }
  return atoi(buffer + strlen("HTTP/1.1 "));
}

/* Asks once; `fd` is a kept connection or -1, and is what is left of it afterwards. */
static void ask(int *fd, bool keep) {
  for (;;) {
    bool reused = *fd >= 0, closes = false;
    size_t used = 0;
    if (!reused && (*fd = open_connection()) < 0) return fail("connect", strerror(errno));
    const char *text = request[keep];
    ssize_t sent = send(*fd, text, strlen(text), MSG_NOSIGNAL);
    int status = sent == (ssize_t)strlen(text) ? read_answer(*fd, &used, &closes) : 0;
    int why = errno;
    if (status == 0 || closes || !keep) close(*fd), *fd = -1;
    if (status == 0 && reused && used == 0 && (why == ECONNRESET || why == EPIPE)) {
      atomic_fetch_add(&again, 1);
      continue;
    }
    if (status == 0) return fail(used ? "half an answer" : reused ? "answer on a kept connection" : "answer", strerror(why));
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    if (status != 200) fail("status", number);
    return;
  }
}

static void *work(void *argument) {
  long n = (long)argument;
  int fd = -1;
  for (double next = now() + period * (double)n / WORKERS; !atomic_load(&stopping);) {
    sleep_until(next);
    ask(&fd, n % 2);
    atomic_fetch_add(&asked, 1);
    next += period;
    if (next < now() - CATCH_UP_SECONDS) next = now() - CATCH_UP_SECONDS;
  }
  if (fd >= 0) close(fd);
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 5 || inet_pton(AF_INET, arguments[1], &server.sin_addr) != 1) return 64;
  server.sin_port = htons((uint16_t)atoi(arguments[2]));
  period = WORKERS / atof(arguments[4]);
  for (int keep = 0; keep < 2; keep++)
    snprintf(request[keep], sizeof request[keep], "GET / HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n", arguments[3],
             keep ? "keep-alive" : "close");
  pthread_t workers[WORKERS];
  begin = now();
  for (long n = 0; n < WORKERS; n++) pthread_create(&workers[n], NULL, work, (void *)n);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  atomic_store(&stopping, true);
  for (int n = 0; n < WORKERS; n++) pthread_join(workers[n], NULL);
  printf("{\"asked\":%lu,\"failed\":%lu,\"again\":%lu,\"seconds\":%.1f,\"words\":[", asked, failed, again, now() - begin);
  for (int n = 0; n < words_count; n++) printf("%s\"%s\"", n ? "," : "", words[n]);
  puts("]}");
  return 0;
}
