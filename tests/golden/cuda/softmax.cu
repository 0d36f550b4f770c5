// 512 blocks of 128 x 2 threads
struct lz_state0_own {
  lz_extreme<1, double, lz_real_worst<1, double>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state0_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state0_own> lz_state0;

struct lz_state1_own {
  lz_fold_sum<double, lz_exact<double>> f1;
  __device__ __forceinline__ void init() { f1.init(); }
  __device__ __forceinline__ void merge(const lz_state1_own& o) { f1.merge(o.f1); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state1_own> lz_state1;

// lz_few_registers: the row takes them.
extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_rowwise_max_subtract_exp_sum_div(double* __restrict__ q0, const double* __restrict__ p0, int g0s0, int n0, int n1, int rows) {
  extern __shared__ __align__(16) char lz_shared[];
  const int line = (int)blockIdx.x * blockDim.y + threadIdx.y;
  const bool mine = line < rows;
  const int row = mine ? line : rows - 1;
  const int i0 = row;
  const int o0 = i0 * g0s0;
  lz_pack<double, 2> a0[4];
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
    const int e0 = 0;
    a0[u] = lz_load<2>(p0 + o0 + e0 + c, (u < 3 ? 2 : n1 - c));
  }
  double y3[8];
  lz_state0 state0;
  {
    double x0[8];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        const double r0 = a0[u].lane[k];
        x0[u * 2 + k] = r0;
      }
    }
    state0.init();
    state0.f0.tile<6>(x0);
    const int u = 3;
    const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
    const int left = n1 - c;
    if (left > 0) {
      const bool full = left >= 2;
      if (!full) {
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          if (!(k < left)) x0[k + 6] = x0[6];
        }
      }
      state0.f0.tile<2>(x0 + 6);
    }
    state0 = lz_across_row(state0, reinterpret_cast<lz_state0*>(lz_shared));
  }
  const double r1 = state0.f0.value();
  lz_state1 state1;
  {
    double x1[8];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        const double r0 = a0[u].lane[k];
        const double r2 = r0 - r1;
        const double r3 = lz_real_exp(r2);
        y3[u * 2 + k] = r3;
        x1[u * 2 + k] = r3;
      }
    }
    state1.init();
    state1.f1.tile<6>(x1);
    const int u = 3;
    const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
    const int left = n1 - c;
    if (left > 0) {
      const bool full = left >= 2;
      if (!full) {
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          if (!(k < left)) x1[k + 6] = (double)0;
        }
      }
      state1.f1.tile<2>(x1 + 6);
    }
    state1 = lz_across_row(state1, reinterpret_cast<lz_state1*>(lz_shared));
  }
  const double r4 = state1.f1.value();
  {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = (u * (int)blockDim.x + threadIdx.x) * 2;
      lz_pack<double, 2> b0;
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        const double r0 = a0[u].lane[k];
        const double r3 = y3[u * 2 + k];
        const double r5 = r3 / r4;
        b0.lane[k] = r5;
      }
      lz_store<2>(q0 + o0 + c, b0, mine ? (u < 3 ? 2 : n1 - c) : 0);
    }
  }
  if (!mine || threadIdx.x > 0) return;
}
