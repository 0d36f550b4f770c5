// 512 blocks of 32 x 8 threads
struct lz_state_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_outer_multiply_add_sum_divide(double* __restrict__ q0, const double* __restrict__ p0, double v1, double v2, int g0s0, int g1s0, int n0, int n1, int across, int depth, int columns, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const double r1 = v1;
  const double r2 = v2;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int c = ((int)(group % across) * blockDim.x + threadIdx.x) * 2;
  const int left = n1 - c;
  const int plane = (int)(group / across);
  lz_state f[2];
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    f[k].init();
  }
  if (left > 0) {
    const int o0 = 0;
    const int step = (int)blockDim.y * parts;
    for (int first = (int)part * blockDim.y + threadIdx.y; first < depth; first += step * 4) {
      lz_pack<double, 2> a0[4];
      const bool full = first + 3 * step < depth;
      if (full && left >= 2) {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const int e0 = i0 * g0s0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c);
        }
      } else {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const int e0 = i0 * g0s0;
          const int some = deep < depth ? left : 0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c, some);
        }
      }
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        double x0[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const double r0 = a0[u].lane[k];
          const double r3 = r0 * r0;
          const double r4 = r3 + r1;
          x0[u] = r4;
        }
        if (!full) {
#pragma unroll
          for (int u = 0; u < 4; ++u) {
            if (!(first + u * step < depth)) x0[u] = (double)0;
          }
        }
        f[k].f0.tile<4>(x0);
      }
    }
  }
#pragma unroll 1
  for (bool again = parts > 1;; again = false) {
    lz_across_columns<2, 2>(f, shared);
    if (!again) break;
    lz_state* states = partial + plane * n1 + c;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      if (threadIdx.y == 0 && k < left) states[part * columns + k] = f[k];
    }
    if (!lz_is_last(tickets + group, parts)) return;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      f[k].init();
    }
    lz_merge_columns<2, 2>(f, states, parts, columns, left);
  }
  if (threadIdx.y > 0) return;
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    if (k >= left) break;
    const int i1 = c + k;
    const double r5 = f[k].f0.value();
    const double r6 = r5 / r2;
    q0[i1] = r6;
  }
}
