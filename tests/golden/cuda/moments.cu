// 396 blocks of 256 x 1 threads
struct lz_state_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  lz_fold_sum_squared_deviations<double, double> f1;
  lz_extreme<-1, double, lz_real_worst<-1, double>> f2;
  lz_extreme<1, double, lz_real_worst<1, double>> f3;
  __device__ __forceinline__ void init() { f0.init(); f1.init(); f2.init(); f3.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); f1.merge(o.f1); f2.merge(o.f2); f3.merge(o.f3); }
  __device__ __forceinline__ void settle() { f1.settle(); }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 3) lazyarr_inner_subtract_sum_divide_sum_sq(double* __restrict__ q0, double* __restrict__ q1, double* __restrict__ q2, double* __restrict__ q3, const double* __restrict__ p0, const double* __restrict__ p1, double v2, int n0, int rows, int per, int packs, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const double r2 = v2;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int row = (int)group * blockDim.y + threadIdx.y;
  lz_state f;
  f.init();
  if (row < rows) {
    const int o0 = 0;
    const int step = (int)blockDim.x * parts;
    for (int first = (int)part * blockDim.x + threadIdx.x; first < packs; first += step * 2) {
      lz_pack<double, 2> a0[2];
      lz_pack<double, 2> a1[2];
      int left[2];
      bool full = true;
      double x0[4];
      double x1[4];
      double x2[4];
      double x3[4];
#pragma unroll
      for (int u = 0; u < 2; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
        left[u] = pack < packs ? n0 - c : 0;
        full = full && left[u] >= 2;
      }
      if (full) {
#pragma unroll
        for (int u = 0; u < 2; ++u) {
          const int pack = first + u * step;
          const int c = pack * 2;
          const int e0 = 0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c);
          a1[u] = lz_load<2>(p1 + o0 + e0 + c);
        }
      } else {
#pragma unroll
        for (int u = 0; u < 2; ++u) {
          const int pack = first + u * step;
          const int c = pack * 2;
          const int e0 = 0;
          a0[u] = lz_load<2>(p0 + o0 + e0 + c, left[u]);
          a1[u] = lz_load<2>(p1 + o0 + e0 + c, left[u]);
        }
      }
#pragma unroll
      for (int u = 0; u < 2; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          const double r0 = a0[u].lane[k];
          const double r1 = a1[u].lane[k];
          const double r3 = r0 - r1;
          x0[u * 2 + k] = r3;
          x1[u * 2 + k] = r3;
          x2[u * 2 + k] = r3;
          x3[u * 2 + k] = r3;
        }
      }
      if (!full) {
        bool in[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          in[k] = k % 2 < left[k / 2];
          if (!(k % 2 < left[k / 2])) x0[k] = (double)0;
          if (!(k % 2 < left[k / 2])) x2[k] = x2[0];
          if (!(k % 2 < left[k / 2])) x3[k] = x3[0];
        }
        f.f0.tile<4>(x0);
        f.f1.some<4>(x1, in);
        f.f2.tile<4>(x2);
        f.f3.tile<4>(x3);
      } else {
        f.f0.tile<4>(x0);
        f.f1.tile<4>(x1);
        f.f2.tile<4>(x2);
        f.f3.tile<4>(x3);
      }
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
  const double r4 = f.f0.value();
  const double r6 = f.f1.value();
  const double r8 = f.f2.value();
  const double r9 = f.f3.value();
  const double r5 = r4 / r2;
  const double r7 = r6 / r2;
  q0[0] = r5;
  q1[0] = r7;
  q2[0] = r8;
  q3[0] = r9;
}
