// The ways threads and blocks combine the states of folds: merge, and settle before it.

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
  s.settle();
#pragma unroll 1
  for (bool again = warps > 1;; again = false) {
#pragma unroll 1
    for (int d = width / 2; d > 0; d /= 2) s.merge(lz_down(s, d, width));
    if (!again) return s;
    if (lane == 0) mine[threadIdx.x / 32] = s;
    __syncthreads();
    s.init();
    if (lane < warps) s = mine[lane];
    __syncthreads();  // `shared` may be written again
  }
}

// [across_columns]
// The state of all threads with one threadIdx.x; those with threadIdx.y == 0 get it.
template <int V, class S>
__device__ __forceinline__ void lz_across_columns(S* s, S* shared) {
  S* mine = shared + threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    s[k].settle();
    *mine = s[k];
    __syncthreads();
    for (int d = blockDim.y / 2; d > 0; d /= 2) {
      if (threadIdx.y < d) {
        s[k].merge(mine[d * blockDim.x]);
        *mine = s[k];
      }
      __syncthreads();
    }
  }
}

// [is_last]
// Whether this is the last of `parts` blocks to come here; the counter is zero again
// afterwards, ready for the next launch.
__device__ __forceinline__ bool lz_is_last(unsigned* ticket, unsigned parts) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0)
    last = atomicInc(ticket, parts - 1) == parts - 1;
  __syncthreads();
  if (last) __threadfence();
  return last;
}
