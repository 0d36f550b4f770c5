struct lz_state_own {
  lz_fold_sum<long long, lz_plain<long long>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 2) lazyarr_inner_philox_double_square_philo(long long* __restrict__ q0, unsigned long long v0, unsigned long long v1, unsigned long long v2, unsigned long long v3, double v4, lz_philox_rounds w1_2, long long t5, long long t5s0, int n0, int rows, int per, int packs, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const unsigned long long r0 = v0;
  const unsigned long long r1 = v1;
  const unsigned long long r2 = v2;
  const unsigned long long r3 = v3;
  const double r4 = v4;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int row = (int)group * blockDim.y + threadIdx.y;
  lz_state f;
  f.init();
  if (row < rows) {
    const int step = (int)blockDim.x * parts;
    for (int first = (int)part * blockDim.x + threadIdx.x; first < packs; first += step * 1) {
      int left[1];
      bool full = true;
      long long x0[8];
#pragma unroll
      for (int u = 0; u < 1; ++u) {
        const int pack = first + u * step;
        const int c = pack * 8;
        left[u] = pack < packs ? n0 - c : 0;
        full = full && left[u] >= 8;
      }
#pragma unroll
      for (int u = 0; u < 1; ++u) {
        const int pack = first + u * step;
        const int c = pack * 8;
        double h6[1][8];
        double h8[1][8];
        lz_philox_double_run<8>(t5 + (c) * t5s0, r0, w1_2, h6[0]);
        lz_philox_double_run<8>(t5 + (c) * t5s0, r3, w1_2, h8[0]);
#pragma unroll
        for (int k = 0; k < 8; ++k) {
          const double r6 = h6[0][k];
          const double r7 = r6 * r6;
          const double r8 = h8[0][k];
          const double r9 = r8 * r8;
          const double r10 = r7 + r9;
          const bool r11 = lz_less(r10, r4);
          const long long r12 = lz_cast<long long>(r11);
          x0[u * 8 + k] = r12;
        }
      }
      if (!full) {
#pragma unroll
        for (int k = 0; k < 8; ++k) {
          if (!(k % 8 < left[k / 8])) x0[k] = (long long)0;
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
  const long long r13 = f.f0.value();
  q0[0] = r13;
}
