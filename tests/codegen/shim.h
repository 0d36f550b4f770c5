// CUDA's words on a CPU, as the generated kernels use them; shim.cpp does what they say.
// It includes little: every kernel is compiled with it.
#pragma once
#include "words.h"

#define __global__
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __shared__ static

struct shim_index {
  unsigned x, y, z;
};
extern shim_index threadIdx, blockIdx, blockDim, gridDim;
extern char lz_shared[];

void __syncthreads();
unsigned __shfl_down_sync(unsigned, unsigned value, int delta, int width);
unsigned __shfl_sync(unsigned, unsigned value, int, int width);
static inline void __threadfence() {}

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
static inline uint4 __ldcg(const uint4* p) { return *p; }
static inline unsigned atomicInc(unsigned* p, unsigned last) {
  unsigned old = *p;
  *p = old >= last ? 0 : old + 1;
  return old;
}
static inline unsigned long long __umul64hi(unsigned long long x,
                                            unsigned long long y) {
  return (unsigned long long)(((unsigned __int128)x * y) >> 64);
}

// Runs every thread of every block; returns what was wrong, or null.
const char* shim_launch(void (*kernel)(void**), void** arguments, unsigned grid,
                        unsigned x, unsigned y, unsigned shared);
