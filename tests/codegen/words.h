// CUDA's words for functions on a CPU, and for the two halves of a double.
#pragma once
#include <stdint.h>
#include <string.h>

#include <cmath>

#define __device__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __constant__ static const

using std::fma;  // of floats too

static int __double2hiint(double x) {
  int64_t bits;
  memcpy(&bits, &x, 8);
  return (int)(bits >> 32);
}
static int __double2loint(double x) {
  int64_t bits;
  memcpy(&bits, &x, 8);
  return (int)bits;
}
static double __hiloint2double(int high, int low) {
  const uint64_t bits = (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
  double x;
  memcpy(&x, &bits, 8);
  return x;
}
