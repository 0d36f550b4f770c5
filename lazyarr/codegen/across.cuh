// The ways threads and blocks combine the states of folds: merge, and settle before it.

// [filled]
// A state in whole words of 16 bytes. What fills it has a name: compilers put together
// bytes without one byte by byte.
template <class S, int FREE = (16 - sizeof(S) % 16) % 16 / 4>
struct alignas(16) lz_filled : S {
  unsigned free[FREE];
};
template <class S>
struct alignas(16) lz_filled<S, 0> : S {};

// [words]
template <class S>
struct lz_words {
  unsigned word[sizeof(S) / 4];
};

// [down first]
// The state of the thread `delta` further on, or of the first one, of `width` threads.
template <class S>
__device__ __forceinline__ S lz_down(const S& s, int delta, int width) {
  lz_words<S> w;
  memcpy(&w, &s, sizeof(S));
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 4); ++k)
    w.word[k] = __shfl_down_sync(0xffffffffu, w.word[k], delta, width);
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}
template <class S>
__device__ __forceinline__ S lz_first(const S& s, int width) {
  lz_words<S> w;
  memcpy(&w, &s, sizeof(S));
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 4); ++k)
    w.word[k] = __shfl_sync(0xffffffffu, w.word[k], 0, width);
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}

// [fetch]
// Another block's state: from beyond this processor's cache.
template <class S>
__device__ __forceinline__ S lz_fetch(const S* p) {
  uint4 w[sizeof(S) / 16];
#pragma unroll
  for (int k = 0; k < (int)(sizeof(S) / 16); ++k)
    w[k] = __ldcg(reinterpret_cast<const uint4*>(p) + k);
  S r;
  memcpy(&r, &w, sizeof(S));
  return r;
}

// [merge_all]
// Merges the states of blocks `p`, `p` + `step` … of `parts`, in this order. N are on their
// way at once.
template <class S>
__device__ __forceinline__ void lz_merge_all(S& s, const S* states, unsigned p,
                                             unsigned step, unsigned parts) {
  constexpr int N = sizeof(S) > 64 ? 1 : 2;
#pragma unroll 1
  for (; p < parts; p += N * step) {
    S some[N];
#pragma unroll
    for (int k = 0; k < N; ++k)
      if (p + k * step < parts) some[k] = lz_fetch(states + p + k * step);
#pragma unroll
    for (int k = 0; k < N; ++k)
      if (p + k * step < parts) s.merge(some[k]);
  }
}

// [merge_columns]
// The same for each of a thread's V columns, of which `left` are there.
template <int V, int N, class S, class I>
__device__ __forceinline__ void lz_merge_columns(S* s, const S* states, unsigned parts,
                                                 I columns, I left) {
#pragma unroll
  for (int k = 0; k < V; k += N) {
#pragma unroll 1
    for (unsigned p = threadIdx.y; p < parts; p += blockDim.y) {
      S some[N];
#pragma unroll
      for (int j = 0; j < N; ++j)
        if (k + j < left) some[j] = lz_fetch(states + p * columns + k + j);
#pragma unroll
      for (int j = 0; j < N; ++j)
        if (k + j < left) s[k + j].merge(some[j]);
    }
  }
}

// [across_warp]
template <class S>
__device__ __forceinline__ S lz_across_warp(S s, int width) {
  for (int d = width / 2; d > 0; d /= 2) s.merge(lz_down(s, d, width));
  return s;
}

// [across_row]
// The state of all threads with one threadIdx.y; every one of them gets it.
template <class S>
__device__ __forceinline__ S lz_across_row(S s, S* shared) {
  const int width = blockDim.x < 32 ? blockDim.x : 32;
  s.settle();
  s = lz_across_warp(s, width);
  if (blockDim.x > 32) {
    const int warps = blockDim.x / 32, lane = threadIdx.x % 32;
    S* mine = shared + threadIdx.y * warps;
    if (lane == 0) mine[threadIdx.x / 32] = s;
    __syncthreads();
    s.init();
    if (lane < warps) s = mine[lane];
    s = lz_across_warp(s, 32);
    __syncthreads();  // `shared` may be written again
  }
  return lz_first(s, width);
}

// [down_row]
// The same in less code, for the end of a kernel. The first one gets it.
template <class S>
__device__ __forceinline__ S lz_down_row(S s, S* shared) {
  const int width = blockDim.x < 32 ? blockDim.x : 32;
  const int warps = blockDim.x / 32, lane = threadIdx.x % 32;
  S* mine = shared + threadIdx.y * warps;
  int reach = width;
  s.settle();
#pragma unroll 1
  for (bool again = warps > 1;; again = false) {
#pragma unroll 1
    for (int d = reach / 2; d > 0; d /= 2) s.merge(lz_down(s, d, width));
    if (!again) return s;
    if (lane == 0) mine[threadIdx.x / 32] = s;
    __syncthreads();
    s.init();
    if (lane < warps) s = mine[lane];
    reach = warps;
    __syncthreads();  // `shared` may be written again
  }
}

// [across_columns]
// The state of all threads with one threadIdx.x; those with threadIdx.y == 0 get it. N
// of a thread's V columns are combined at once: shared memory has room for their states.
template <int V, int N, class S>
__device__ __forceinline__ void lz_across_columns(S* s, S* shared) {
  const int size = blockDim.x * blockDim.y;
  S* mine = shared + threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
  for (int k = 0; k < V; k += N) {
#pragma unroll
    for (int j = 0; j < N; ++j) {
      s[k + j].settle();
      mine[j * size] = s[k + j];
    }
    __syncthreads();
    for (int d = blockDim.y / 2; d > 0; d /= 2) {
      if (threadIdx.y < d) {
#pragma unroll
        for (int j = 0; j < N; ++j) {
          s[k + j].merge(mine[j * size + d * blockDim.x]);
          mine[j * size] = s[k + j];
        }
      }
      __syncthreads();
    }
  }
}

// [is_last]
// Whether this is the last of `parts` blocks to come here; the counter is zero again
// afterwards, ready for the next launch. One thread speaks for its block: what the others
// wrote before the barrier, and read after the second one, is ordered with it.
__device__ __forceinline__ bool lz_is_last(unsigned* ticket, unsigned parts) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    __threadfence();
    last = atomicInc(ticket, parts - 1) == parts - 1;
    __threadfence();
  }
  __syncthreads();
  return last;
}
