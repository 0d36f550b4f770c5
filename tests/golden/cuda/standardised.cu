// 384 blocks of 32 x 8 threads
struct lz_state_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  lz_fold_sum_squared_deviations<double, double> f1;
  __device__ __forceinline__ void init() { f0.init(); f1.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); f1.merge(o.f1); }
  __device__ __forceinline__ void settle() { f1.settle(); }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 3) lazyarr_outer_sum_divide_sum_squared_dev(double* __restrict__ q0, double* __restrict__ q1, const double* __restrict__ p0, double v1, double v2, int g0s0, int g1s0, int n0, int n1, int across, int depth, int columns, unsigned parts, lz_state* partial, unsigned* tickets) {
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
        double x1[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          const int deep = first + u * step;
          const int i0 = deep;
          const double r0 = a0[u].lane[k];
          x0[u] = r0;
          x1[u] = r0;
        }
        if (!full) {
          bool in[4];
#pragma unroll
          for (int u = 0; u < 4; ++u) {
            in[u] = first + u * step < depth;
            if (!(first + u * step < depth)) x0[u] = (double)0;
          }
          f[k].f0.tile<4>(x0);
          f[k].f1.some<4>(x1, in);
        } else {
          f[k].f0.tile<4>(x0);
          f[k].f1.tile<4>(x1);
        }
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
    const double r3 = f[k].f0.value();
    const double r5 = f[k].f1.value();
    const double r4 = r3 / r1;
    const double r6 = r5 / r1;
    const double r7 = sqrt(r6);
    const double r8 = r7 + r2;
    q0[i1] = r4;
    q1[i1] = r8;
  }
}

// 512 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_subtract_divide(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p1, const double* __restrict__ p2, int g0s0, int g1s0, int n0, int n1, int across) {
  const unsigned block = gridDim.x - 1 - blockIdx.x;
  const int c = ((int)(block % across) * blockDim.x + threadIdx.x) * 2;
  if (c >= n1) return;
  const int first = (int)(block / across) * 4 * blockDim.y + threadIdx.y;
  const int rows = n0;
  lz_pack<double, 2> a0[4];
  lz_pack<double, 2> a1[1];
  lz_pack<double, 2> a2[1];
  if (n1 - c >= 2 && first + 3 * (int)blockDim.y < rows) {
    a1[0] = lz_load<2>(p1 + 0 + c);
    a2[0] = lz_load<2>(p2 + 0 + c);
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int row = first + u * (int)blockDim.y;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      a0[u] = lz_load<2>(p0 + o0 + c);
    }
  } else {
    a1[0] = lz_load<2>(p1 + 0 + c, n1 - c);
    a2[0] = lz_load<2>(p2 + 0 + c, n1 - c);
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int row = first + u * (int)blockDim.y;
      if (row >= rows) break;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      a0[u] = lz_load<2>(p0 + o0 + c, n1 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int row = first + u * (int)blockDim.y;
    if (row >= rows) break;
    const int i0 = row;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r1 = a1[0].lane[k];
      const double r2 = a2[0].lane[k];
      const double r3 = r0 - r1;
      const double r4 = r3 / r2;
      b0.lane[k] = r4;
    }
    const int o0 = i0 * g0s0;
    lz_store<2>(q0 + o0 + c, b0, n1 - c);
  }
}
