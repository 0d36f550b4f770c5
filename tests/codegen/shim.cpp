// What CUDA's words do on a CPU: every thread of a block is a fiber, blocks run one by
// one. Enough for the generated kernels: barriers, shuffles of whole warps, one atomic.
// What a GPU would stop a kernel for stops it here: see `shim_launch`.
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "shim.h"

shim_index threadIdx, blockIdx, blockDim, gridDim;
alignas(16) char lz_shared[1 << 18];
// Threads take turns forwards and backwards: what one reads before another has written
// it, for want of a barrier, is wrong in one of the two. An odd number begins with the
// last block, and the last thread.
extern "C" {
unsigned shim_order = 0;
}

static const size_t STACK = 1 << 16;

struct Barrier {
  unsigned arrived = 0, generation = 0;
};
struct Fiber {
  ucontext_t context;  // to begin with
  jmp_buf place;       // to go on: no system call is made for it
  std::unique_ptr<char[]> stack;
  shim_index index;
  bool begun, done;
};
static std::vector<Fiber> fibers;
static jmp_buf scheduler;
static unsigned current, alive;
static bool moved;
static volatile sig_atomic_t stopped_by;
static Barrier block, warps[32];
static unsigned slots[32][32];
static void (*kernel_of)(void**);
static void** arguments_of;

static void open_gate(Barrier& b) {
  b.arrived = 0;
  ++b.generation;
  moved = true;
}
static void wait_for(Barrier& b, unsigned members) {
  unsigned seen = b.generation;
  if (++b.arrived >= members) return open_gate(b);
  while (b.generation == seen) {
    // A thread that has left no longer counts.
    if (&b == &block && b.arrived >= alive) return open_gate(b);
    if (!_setjmp(fibers[current].place)) _longjmp(scheduler, 1);
  }
}
void __syncthreads() { wait_for(block, alive); }

static unsigned exchange(unsigned value, int source_offset, bool first, int width) {
  unsigned warp = current / 32, lane = current % 32;
  slots[warp][lane] = value;
  wait_for(warps[warp], 32);
  unsigned base = lane / width * width;
  unsigned source = first ? base : lane + source_offset;
  if (source >= base + width) source = lane;
  unsigned result = slots[warp][source];
  wait_for(warps[warp], 32);
  return result;
}
unsigned __shfl_down_sync(unsigned, unsigned value, int delta, int width) {
  return exchange(value, delta, false, width);
}
unsigned __shfl_sync(unsigned, unsigned value, int, int width) {
  return exchange(value, 0, true, width);
}

static void enter() {
  kernel_of(arguments_of);
  fibers[current].done = moved = true;
  --alive;
  _longjmp(scheduler, 1);
}
static void stop(int number) {
  stopped_by = number;
  _longjmp(scheduler, 1);
}

static void begin(unsigned count, unsigned x) {
  alive = count;
  block = Barrier();
  std::fill(warps, warps + 32, Barrier());
  static ucontext_t blank;
  getcontext(&blank);
  for (unsigned t = 0; t < count; ++t) {
    Fiber& f = fibers[t];
    if (!f.stack) f.stack.reset(new char[STACK]);
    f.index = {t % x, t / x, 0};
    f.begun = f.done = false;
    f.context = blank;
    f.context.uc_stack.ss_sp = f.stack.get();
    f.context.uc_stack.ss_size = STACK;
    makecontext(&f.context, enter, 0);
  }
}
static void go_on(Fiber& f) {
  threadIdx = f.index;
  if (_setjmp(scheduler)) return;
  if (f.begun) _longjmp(f.place, 1);
  f.begun = true;
  setcontext(&f.context);
}
static const char* run_block(unsigned b, unsigned count, unsigned x, unsigned shared) {
  begin(count, x);
  std::fill(lz_shared, lz_shared + shared, (char)0xAB);  // nobody may count on zeros
  blockIdx = {b, 0, 0};
  for (unsigned turn = b + shim_order; alive > 0; ++turn) {
    moved = false;
    for (unsigned k = 0; k < count; ++k) {
      current = turn % 2 ? count - 1 - k : k;
      if (fibers[current].done) continue;
      go_on(fibers[current]);
      if (stopped_by == SIGILL) return "did what C++ leaves undefined, or is misaligned";
      if (stopped_by == SIGFPE) return "divided an integer by zero";
      if (stopped_by) return "reached beyond the memory of an array";
    }
    if (!moved) return "has threads that wait for others at different places";
  }
  return nullptr;
}

const char* shim_launch(void (*kernel)(void**), void** arguments, unsigned grid,
                        unsigned x, unsigned y, unsigned shared) {
  static std::mutex one;
  static char* aside = new char[1 << 16];
  const std::lock_guard<std::mutex> lock(one);
  char* const end = lz_shared + sizeof(lz_shared);
  std::fill(lz_shared + shared, end, (char)0xCD);
  kernel_of = kernel, arguments_of = arguments;
  gridDim = {grid, 1, 1};
  blockDim = {x, y, 1};
  if (fibers.size() < x * y) fibers.resize(x * y);
  // Kernels are compiled such that what C++ leaves undefined traps.
  const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  struct sigaction before[4], ours = {};
  stack_t stack = {aside, 0, 1 << 16}, old;
  ours.sa_handler = stop;
  ours.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigaltstack(&stack, &old);
  for (int k = 0; k < 4; ++k) sigaction(numbers[k], &ours, &before[k]);
  stopped_by = 0;
  const char* wrong = nullptr;
  for (unsigned b = 0; b < grid && !wrong; ++b)
    wrong = run_block(shim_order % 2 ? grid - 1 - b : b, x * y, x, shared);
  for (int k = 0; k < 4; ++k) sigaction(numbers[k], &before[k], nullptr);
  sigaltstack(&old, nullptr);
  const bool kept = std::all_of(lz_shared + shared, end,
                                [](char c) { return c == (char)0xCD; });
  return wrong || kept ? wrong : "reached beyond the shared memory that it asked for";
}
