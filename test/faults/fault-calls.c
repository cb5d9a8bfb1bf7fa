/*
 * Preloaded by fault-writers.mjs: fails or shortens one call of this program to the file system.
 * KEYS_FAULT is "CALL NTH WHAT". WHAT: an error's number; "short", a write of one byte; or "dead": from then
 * on no call changes anything, as after a kill. KEYS_FAULT_STRUCK is set once the fault has struck. With
 * KEYS_FAULT_NO_LINKS, the file system has no hard links.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define SHORT (-1)

static int dead = 0;
static int count = 0;

/* 0: the call goes on. */
static int struck(const char *call) {
  const char *plan = getenv("KEYS_FAULT");
  char name[16] = "", what[16] = "";
  int nth = 0;
  if (plan == NULL || *plan == '\0') {
    dead = count = 0;
    return 0;
  }
  if (dead) return EIO;
  if (sscanf(plan, "%15s %d %15s", name, &nth, what) != 3 || strcmp(name, call) != 0) return 0;
  if (++count != nth) return 0;
  setenv("KEYS_FAULT_STRUCK", "1", 1);
  if (strcmp(what, "short") == 0) return SHORT;
  if (strcmp(what, "dead") != 0) return atoi(what);
  dead = 1;
  return EIO;
}

static int failed(int error) {
  errno = error;
  return -1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__) = NULL; \
  if (real == NULL) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t do_write(ssize_t (*real)(int, const void *, size_t), int file, const void *bytes, size_t size) {
  /* What the program prints is none of its files. */
  int error = file <= 2 ? 0 : struck("write");
  if (error == SHORT) return real(file, bytes, size > 0 ? 1 : 0);
  return error ? failed(error) : real(file, bytes, size);
}

ssize_t write(int file, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return do_write(real, file, bytes, size);
}

#define PWRITE(name) \
  ssize_t name(int file, const void *bytes, size_t size, off_t at) { \
    REAL(ssize_t, #name, int, const void *, size_t, off_t); \
    int error = struck("write"); \
    if (error == SHORT) return real(file, bytes, size > 0 ? 1 : 0, at); \
    return error ? failed(error) : real(file, bytes, size, at); \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    REAL(int, #name, const char *, int, ...); \
    int error = struck(flags & O_CREAT ? "create" : "open"); \
    return error ? failed(error) : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define ONE(name, type) \
  int name(type value) { \
    REAL(int, #name, type); \
    int error = struck(#name); \
    return error ? failed(error) : real(value); \
  }
ONE(fsync, int)
ONE(unlink, const char *)

#define TWO(name, first, second) \
  int name(first one, second two) { \
    REAL(int, #name, first, second); \
    int error = struck(#name); \
    return error ? failed(error) : real(one, two); \
  }
TWO(fchmod, int, mode_t)
TWO(rename, const char *, const char *)
TWO(ftruncate, int, off_t)

int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  if (getenv("KEYS_FAULT_NO_LINKS") != NULL) return failed(EPERM);
  int error = struck("link");
  return error ? failed(error) : real(from, to);
}

int fchown(int file, uid_t user, gid_t group) {
  REAL(int, "fchown", int, uid_t, gid_t);
  int error = struck("fchown");
  return error ? failed(error) : real(file, user, group);
}

int close(int file) {
  REAL(int, "close", int);
  int error = struck("close");
  int result = real(file);
  return error ? failed(error) : result;
}
