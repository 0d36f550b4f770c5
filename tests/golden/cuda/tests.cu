// 128 blocks of 32 x 8 threads
struct lz_state_own {
  lz_fold_any<bool> f0;
  lz_fold_all<bool> f1;
  __device__ __forceinline__ void init() { f0.init(); f1.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); f1.merge(o.f1); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_outer_greater_any_greater_all(bool* __restrict__ q0, bool* __restrict__ q1, const double* __restrict__ p0, double v1, double v2, int g0s0, int g1s0, int n0, int n1, int across, int depth, int columns, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const double r1 = v1;
  const double r2 = v2;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int c = ((int)(group % across) * blockDim.x + threadIdx.x) * 8;
  const int left = n1 - c;
  const int plane = (int)(group / across);
  lz_state f[8];
#pragma unroll
  for (int k = 0; k < 8; ++k) {
    f[k].init();
  }
  if (left > 0) {
    const int o0 = 0;
    const int step = (int)blockDim.y * parts;
    for (int first = (int)part * blockDim.y + threadIdx.y; first < depth; first += step * 4) {
      lz_pack<double, 8> a0[4];
      const bool full = first + 3 * step < depth;
      if (full && left >= 8) {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const int e0 = i0 * g0s0;
          a0[u] = lz_load<8>(p0 + o0 + e0 + c);
        }
      } else {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const int e0 = i0 * g0s0;
          const int some = deep < depth ? left : 0;
          a0[u] = lz_load<8>(p0 + o0 + e0 + c, some);
        }
      }
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        bool x0[4];
        bool x1[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const double r0 = a0[u].lane[k];
          const bool r3 = lz_greater(r0, r1);
          const bool r5 = lz_greater(r0, r2);
          x0[u] = r3;
          x1[u] = r5;
        }
        if (!full) {
#pragma unroll
          for (int u = 0; u < 4; ++u) {
            if (!(first + u * step < depth)) x0[u] = x0[0];
            if (!(first + u * step < depth)) x1[u] = x1[0];
          }
        }
        f[k].f0.tile<4>(x0);
        f[k].f1.tile<4>(x1);
      }
    }
  }
#pragma unroll 1
  for (bool again = parts > 1;; again = false) {
    lz_across_columns<8, 4>(f, shared);
    if (!again) break;
    lz_state* states = partial + plane * n1 + c;
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      if (threadIdx.y == 0 && k < left) states[part * columns + k] = f[k];
    }
    if (!lz_is_last(tickets + group, parts)) return;
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      f[k].init();
    }
    lz_merge_columns<8, 4>(f, states, parts, columns, left);
  }
  if (threadIdx.y > 0) return;
#pragma unroll
  for (int k = 0; k < 8; ++k) {
    if (k >= left) break;
    const int i1 = c + k;
    const bool r4 = f[k].f0.value();
    const bool r6 = f[k].f1.value();
    q0[i1] = r4;
    q1[i1] = r6;
  }
}

// 512 blocks of 256 x 1 threads
struct lz_state_own {
  lz_fold_count_nonzero<bool> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_inner_greater_count_nonzero(long long* __restrict__ q0, const double* __restrict__ p0, double v1, int n0, int rows, int per, int packs, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const double r1 = v1;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int row = (int)group * blockDim.y + threadIdx.y;
  lz_state f;
  f.init();
  if (row < rows) {
    const int o0 = 0;
    const int step = (int)blockDim.x * parts;
    for (int first = (int)part * blockDim.x + threadIdx.x; first < packs; first += step * 4) {
      lz_pack<double, 2> a0[4];
      int left[4];
      bool full = true;
      bool x0[8];
#pragma unroll
      for (int u = 0; u < 4; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
        left[u] = pack < packs ? n0 - c : 0;
        full = full && left[u] >= 2;
      }
      if (full) {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int pack = first + u * step;
          const int c = pack * 2;
          const int e0 = 0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c);
        }
      } else {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int pack = first + u * step;
          const int c = pack * 2;
          const int e0 = 0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c, left[u]);
        }
      }
#pragma unroll
      for (int u = 0; u < 4; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          const double r0 = a0[u].lane[k];
          const bool r2 = lz_greater(r0, r1);
          x0[u * 2 + k] = r2;
        }
      }
      if (!full) {
#pragma unroll
        for (int k = 0; k < 8; ++k) {
          if (!(k % 2 < left[k / 2])) x0[k] = (bool)0;
        }
      }
      f.f0.tile<8>(x0);
    }
  }
#pragma unroll 1
  for (bool again = parts > 1;; again = false) {
    f = lz_down_row(f, shared);
    if (!again) break;
    lz_state* states = partial + (int)row * parts;
    if (row < rows && threadIdx.x == 0) states[part] = f;
    if (!lz_is_last(tickets + group, parts)) return;
    f.init();
    if (row < rows) lz_merge_all(f, states, threadIdx.x, blockDim.x, parts);
  }
  if (row >= rows || threadIdx.x > 0) return;
  const long long r3 = f.f0.value();
  q0[0] = r3;
}
