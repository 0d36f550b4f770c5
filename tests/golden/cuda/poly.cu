// 1024 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_square_multiply_add(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p2, double v1, double v3, int n0) {
  const double r1 = v1;
  const double r3 = v3;
  const int first = ((int)blockIdx.x * 2 * blockDim.x + threadIdx.x) * 2;
  lz_pack<double, 2> a0[2];
  lz_pack<double, 2> a2[2];
  if (n0 - first - 1 * (int)blockDim.x * 2 >= 2) {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c);
      a2[u] = lz_load<2>(p2 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c, n0 - c);
      a2[u] = lz_load<2>(p2 + o0 + c, n0 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    const int c = first + u * (int)blockDim.x * 2;
    if (c >= n0) break;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r2 = a2[u].lane[k];
      const double r4 = r0 * r1;
      const double r5 = r4 * r4;
      const double r6 = r2 * r0;
      const double r7 = r5 + r6;
      const double r8 = r7 - r3;
      b0.lane[k] = r8;
    }
    const int o0 = 0;
    lz_store<2>(q0 + o0 + c, b0, n0 - c);
  }
}
