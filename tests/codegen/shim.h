// CUDA's words on a CPU: every thread of a block is a fiber, blocks run one by one.
// Enough for the generated kernels: barriers, shuffles of whole warps, one atomic.
#pragma once
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "words.h"

#define __global__
#define __host__
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __shared__ static

struct shim_index {
  unsigned x, y, z;
};
static shim_index threadIdx, blockIdx, blockDim, gridDim;
alignas(16) static char lz_shared[1 << 18];

static const size_t SHIM_STACK = 1 << 16;

struct shim_barrier {
  unsigned arrived = 0, generation = 0;
};
struct shim_fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  shim_index index;
  bool done;
};
static std::vector<shim_fiber> shim_fibers;
static ucontext_t shim_scheduler;
static unsigned shim_current, shim_alive;
static shim_barrier shim_block, shim_warps[32];
static unsigned shim_slots[32][32];
static std::function<void()>* shim_kernel;

static void shim_yield() {
  swapcontext(&shim_fibers[shim_current].context, &shim_scheduler);
}
static void shim_wait(shim_barrier& b, unsigned members) {
  unsigned seen = b.generation;
  if (++b.arrived >= members) {
    b.arrived = 0;
    ++b.generation;
    return;
  }
  while (b.generation == seen) {
    // A thread that has left no longer counts.
    if (&b == &shim_block && b.arrived >= shim_alive) {
      b.arrived = 0;
      ++b.generation;
      return;
    }
    shim_yield();
  }
}
static void __syncthreads() { shim_wait(shim_block, shim_alive); }
static void __threadfence() {}

static unsigned shim_exchange(unsigned value, int source_offset, bool first, int width) {
  unsigned warp = shim_current / 32, lane = shim_current % 32;
  shim_slots[warp][lane] = value;
  shim_wait(shim_warps[warp], 32);
  unsigned base = lane / width * width;
  unsigned source = first ? base : lane + source_offset;
  if (source >= base + width) source = lane;
  unsigned result = shim_slots[warp][source];
  shim_wait(shim_warps[warp], 32);
  return result;
}
static unsigned __shfl_down_sync(unsigned, unsigned value, int delta, int width) {
  return shim_exchange(value, delta, false, width);
}
static unsigned __shfl_sync(unsigned, unsigned value, int, int width) {
  return shim_exchange(value, 0, true, width);
}
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
static uint4 __ldcg(const uint4* p) { return *p; }
static unsigned atomicInc(unsigned* p, unsigned last) {
  unsigned old = *p;
  *p = old >= last ? 0 : old + 1;
  return old;
}

static unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  return (unsigned long long)(((unsigned __int128)x * y) >> 64);
}

static void shim_enter() {
  (*shim_kernel)();
  shim_fibers[shim_current].done = true;
  --shim_alive;
}
// Returns whether the kernel kept to the shared memory that it asked for.
static bool shim_launch(std::function<void()> kernel, unsigned grid, unsigned x,
                        unsigned y, unsigned shared) {
  const unsigned count = x * y;
  const unsigned beyond = sizeof(lz_shared) - shared;
  memset(lz_shared + shared, 0xCD, beyond);
  shim_kernel = &kernel;
  gridDim = {grid, 1, 1};
  blockDim = {x, y, 1};
  shim_fibers.resize(count);
  for (unsigned b = 0; b < grid; ++b) {
    shim_alive = count;
    shim_block = shim_barrier();
    for (auto& w : shim_warps) w = shim_barrier();
    for (unsigned t = 0; t < count; ++t) {
      shim_fiber& f = shim_fibers[t];
      if (!f.stack) f.stack.reset(new char[SHIM_STACK]);
      f.index = {t % x, t / x, 0};
      f.done = false;
      getcontext(&f.context);
      f.context.uc_stack.ss_sp = f.stack.get();
      f.context.uc_stack.ss_size = SHIM_STACK;
      f.context.uc_link = &shim_scheduler;
      makecontext(&f.context, shim_enter, 0);
    }
    while (shim_alive > 0)
      for (unsigned t = 0; t < count; ++t) {
        if (shim_fibers[t].done) continue;
        shim_current = t;
        threadIdx = shim_fibers[t].index;
        blockIdx = {b, 0, 0};
        swapcontext(&shim_scheduler, &shim_fibers[t].context);
      }
  }
  shim_fibers = std::vector<shim_fiber>();  // every kernel is a library with its own
  return std::all_of(lz_shared + shared, lz_shared + shared + beyond,
                     [](char c) { return c == (char)0xCD; });
}
