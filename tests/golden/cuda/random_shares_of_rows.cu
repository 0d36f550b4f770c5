struct lz_state0_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state0_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state0_own> lz_state0;

// lz_few_registers: the row takes them.
extern "C" __global__ void __launch_bounds__(256, 2) lazyarr_rowwise_philox_double_sum_divide(double* __restrict__ q0, unsigned long long v0, unsigned long long v1, unsigned long long v2, lz_philox_rounds w1_2, long long t3, long long t3s0, long long t3s1, int g0s0, int n0, int n1, int rows) {
  extern __shared__ __align__(16) char lz_shared[];
  const unsigned long long r0 = v0;
  const unsigned long long r1 = v1;
  const unsigned long long r2 = v2;
  const int line = (int)blockIdx.x * blockDim.y + threadIdx.y;
  const bool mine = line < rows;
  const int row = mine ? line : rows - 1;
  const int i0 = row;
  const int o0 = i0 * g0s0;
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = (u * (int)blockDim.x + threadIdx.x) * 8;
  }
  double y4[32];
  lz_state0 state0;
  {
    double x0[32];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = (u * (int)blockDim.x + threadIdx.x) * 8;
      double h4[1][8];
      lz_philox_double_run<8>(t3 + i0 * t3s0 + (c) * t3s1, r0, w1_2, h4[0]);
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        const double r4 = h4[0][k];
        y4[u * 8 + k] = r4;
        x0[u * 8 + k] = r4;
      }
    }
    state0.init();
    state0.f0.tile<24>(x0);
    const int u = 3;
    const int c = (u * (int)blockDim.x + threadIdx.x) * 8;
    const int left = n1 - c;
    if (left > 0) {
      const bool full = left >= 8;
      if (!full) {
#pragma unroll
        for (int k = 0; k < 8; ++k) {
          if (!(k < left)) x0[k + 24] = (double)0;
        }
      }
      state0.f0.tile<8>(x0 + 24);
    }
    state0 = lz_across_row(state0, reinterpret_cast<lz_state0*>(lz_shared));
  }
  const double r5 = state0.f0.value();
  {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = (u * (int)blockDim.x + threadIdx.x) * 8;
      lz_pack<double, 8> b0;
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        const double r4 = y4[u * 8 + k];
        const double r6 = r4 / r5;
        b0.lane[k] = r6;
      }
      lz_store<8>(q0 + o0 + c, b0, mine ? (u < 3 ? 8 : n1 - c) : 0);
    }
  }
  if (!mine || threadIdx.x > 0) return;
}
