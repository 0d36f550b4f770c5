// 1024 blocks of 256 x 1 threads
struct lz_state_own {
  lz_fold_argmax<double> f0;
  lz_fold_argmin<double> f1;
  __device__ __forceinline__ void init() { f0.init(); f1.init(); }
  __device__ __forceinline__ void merge(const lz_state_own& o) { f0.merge(o.f0); f1.merge(o.f1); }
  __device__ __forceinline__ void settle() {  }
};
typedef lz_filled<lz_state_own> lz_state;

extern "C" __global__ void __launch_bounds__(256, 4) lazyarr_inner_multiply_argmax_argmin(long long* __restrict__ q0, long long* __restrict__ q1, const double* __restrict__ p0, const double* __restrict__ p1, long long place, long long places0, long long places1, int g0s0, int g1s0, int g1s1, int n0, int n1, int rows, int per, int packs, unsigned parts, lz_state* partial, unsigned* tickets) {
  extern __shared__ __align__(16) char lz_shared[];
  lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);
  const unsigned part = blockIdx.x % parts;
  const unsigned group = blockIdx.x / parts;
  const int row = (int)group * blockDim.y + threadIdx.y;
  lz_state f;
  f.init();
  if (row < rows) {
    const int i0 = row;
    const int o0 = i0 * g0s0;
    const int step = (int)blockDim.x * parts;
    for (int first = (int)part * blockDim.x + threadIdx.x; first < packs; first += step * 2) {
      lz_pack<double, 2> a0[2];
      lz_pack<double, 2> a1[2];
      int left[2];
      bool full = true;
      lz_at<double> x0[4];
      lz_at<double> x1[4];
#pragma unroll
      for (int u = 0; u < 2; ++u) {
        const int pack = first + u * step;
        const int c = pack * 2;
        left[u] = pack < packs ? n1 - c : 0;
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
          const long long at = place + i0 * places0 + (c + k) * places1;
          const double r2 = r0 * r1;
          x0[u * 2 + k] = {r2, at};
          x1[u * 2 + k] = {r0, at};
        }
      }
      if (!full) {
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          if (!(k % 2 < left[k / 2])) x0[k] = x0[0];
          if (!(k % 2 < left[k / 2])) x1[k] = x1[0];
        }
      }
      f.f0.tile<4>(x0);
      f.f1.tile<4>(x1);
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
  const long long r3 = f.f0.value();
  const long long r4 = f.f1.value();
  q0[i0 * g1s0] = r3;
  q1[i0 * g1s0] = r4;
}
