// 512 blocks of 128 x 2 threads
struct lz_state_own {
  lz_fold_sum<double, lz_exact<double>> f0;
  __device__ __forceinline__ void init() { f0.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_inner_multiply_add_sum_sqrt(double* __restrict__ q0, const double* __restrict__ p0, double v1, int g0s0, int g1s0, int g1s1, int n0, int n1, int rows, int per, int packs, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const double r1 = v1;
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int row = (int)group * blockDim.y + threadIdx.y;
  lz_state f;
  f.init();
  if (row < rows) {
    const int i0 = row;
    const int o0 = i0 * g0s0;
    const int step = (int)blockDim.x * parts;
    for (int first = (int)part * blockDim.x + threadIdx.x; first < packs; first += step * 4) {
      lz_pack<double, 2> a0[4];
      int left[4];
      bool full = true;
      double x0[8];
#pragma unroll
      for (int u = 0; u < 4; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
        left[u] = pack < packs ? n1 - c : 0;
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
          const double r2 = r0 * r0;
          const double r3 = r2 + r1;
          x0[u * 2 + k] = r3;
        }
      }
      if (!full) {
#pragma unroll
        for (int k = 0; k < 8; ++k) {
          if (!(k % 2 < left[k / 2])) x0[k] = (double)0;
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
  const int i0 = row;
  const double r4 = f.f0.value();
  const double r5 = sqrt(r4);
  q0[i0 * g1s0] = r5;
}
