struct lz_state_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 2) lazyarr_outer_philox_uint64_normal_quant(double* __restrict__ q0, unsigned long long v0, unsigned long long v1, unsigned long long v2, double v3, double v4, lz_philox_rounds w1_2, long long t5, long long t5s0, long long t5s1, int g0s0, int n0, int n1, int across, int depth, int columns, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const unsigned long long r0 = v0;
  const unsigned long long r1 = v1;
  const unsigned long long r2 = v2;
  const double r3 = v3;
  const double r4 = v4;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int c = ((int)(group % across) * blockDim.x + threadIdx.x) * 4;
  const int left = n1 - c;
  const int plane = (int)(group / across);
  lz_state f[4];
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    f[k].init();
  }
  if (left > 0) {
    const int step = (int)blockDim.y * parts;
    for (int first = (int)part * blockDim.y + threadIdx.y; first < depth; first += step * 1) {
      const bool full = first + 0 * step < depth;
      unsigned long long h6[1][4];
#pragma unroll
      for (int u = 0; u < 1; ++u) {
        const int deep = first + u * step;
        const int i0 = deep;
        lz_philox_uint64_run<4>(t5 + i0 * t5s0 + (c) * t5s1, r0, w1_2, h6[u]);
      }
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        double x0[1];
#pragma unroll
        for (int u = 0; u < 1; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const unsigned long long r6 = h6[u][k];
          const double r7 = lz_normal_quantile(r6);
          const double r8 = r7 * r3;
          const double r9 = r4 + r8;
          x0[u] = r9;
        }
        if (!full) {
#pragma unroll
          for (int u = 0; u < 1; ++u) {
            if (!(first + u * step < depth)) x0[u] = (double)0;
          }
        }
        f[k].f0.tile<1>(x0);
      }
    }
  }
#pragma unroll 1
  for (bool again = parts > 1;; again = false) {
    lz_across_columns<4, 4>(f, shared);
    if (!again) break;
    lz_state* states = partial + plane * n1 + c;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (threadIdx.y == 0 && k < left) states[part * columns + k] = f[k];
    }
    if (!lz_is_last(tickets + group, parts)) return;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      f[k].init();
    }
    lz_merge_columns<4, 4>(f, states, parts, columns, left);
  }
  if (threadIdx.y > 0) return;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    if (k >= left) break;
    const int i1 = c + k;
    const double r10 = f[k].f0.value();
    q0[i1] = r10;
  }
}
