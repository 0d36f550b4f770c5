// 1024 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_add_abs_sqrt(double* __restrict__ q0, double* __restrict__ q1, const double* __restrict__ p0, const double* __restrict__ p1, double v2, int n0) {
  const double r2 = v2;
  const int first = ((int)blockIdx.x * 2 * blockDim.x + threadIdx.x) * 2;
  lz_pack<double, 2> a0[2];
  lz_pack<double, 2> a1[2];
  if (n0 - first - 1 * (int)blockDim.x * 2 >= 2) {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c);
      a1[u] = lz_load<2>(p1 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c, n0 - c);
      a1[u] = lz_load<2>(p1 + o0 + c, n0 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    const int c = first + u * (int)blockDim.x * 2;
    if (c >= n0) break;
    lz_pack<double, 2> b0;
    lz_pack<double, 2> b1;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r1 = a1[u].lane[k];
      const double r3 = r0 * r1;
      const double r4 = r3 + r2;
      const double r5 = fabs(r3);
      const double r6 = sqrt(r5);
      b0.lane[k] = r4;
      b1.lane[k] = r6;
    }
    const int o0 = 0;
    lz_store<2>(q0 + o0 + c, b0, n0 - c);
    lz_store<2>(q1 + o0 + c, b1, n0 - c);
  }
}
