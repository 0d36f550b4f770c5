// 512 blocks of 128 x 2 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_stencil_multiply_subtract_subtra(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p2, const double* __restrict__ p3, const double* __restrict__ p4, const double* __restrict__ p5, double v1, int g0s0, int g1s0, int n0, int n1, int across, int down) {
  const double r1 = v1;
  const int c = ((int)(blockIdx.x % across) * blockDim.x + threadIdx.x) * 2;
  const int rest = (int)(blockIdx.x / across);
  const int first = (rest % down * (int)blockDim.y + threadIdx.y) * 4;
  if (c >= n1 || first >= n0) return;
  lz_pack<double, 2> w0[6][2];
#pragma unroll
  for (int d = 0; d < 6; ++d) {
    const int at = first + d <= n0 + 1 ? first + d : n0 + 1;
    const int o = (at + -1) * g0s0 + c + -1;
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      w0[d][j] = lz_load<2>(p0 + o + j * 2);
    }
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int i0 = first + u;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = w0[u + 1][(k + 1) / 2].lane[(k + 1) % 2];
      const double r2 = w0[u + 0][(k + 1) / 2].lane[(k + 1) % 2];
      const double r3 = w0[u + 2][(k + 1) / 2].lane[(k + 1) % 2];
      const double r4 = w0[u + 1][(k + 0) / 2].lane[(k + 0) % 2];
      const double r5 = w0[u + 1][(k + 2) / 2].lane[(k + 2) % 2];
      const double r6 = r0 * r1;
      const double r7 = r6 - r2;
      const double r8 = r7 - r3;
      const double r9 = r8 - r4;
      const double r10 = r9 - r5;
      b0.lane[k] = r10;
    }
    if (i0 >= n0) break;
    const int o1 = i0 * g1s0;
    lz_store<2>(q0 + o1 + c, b0, 2);
  }
}
