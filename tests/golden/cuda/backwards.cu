// 512 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_add(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p2, double v1, int g0s0, int n0) {
  const double r1 = v1;
  const int first = ((int)blockIdx.x * 2 * blockDim.x + threadIdx.x) * 2;
  lz_pack<double, 2> a0[2];
  lz_pack<double, 2> a2[2];
  if (n0 - first - 1 * (int)blockDim.x * 2 >= 2) {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      const int o0 = 0;
      a0[u] = lz_gather<2>(p0 + o0 + c * g0s0, g0s0, 2);
      a2[u] = lz_gather<2>(p2 + o0 + c * g0s0, g0s0, 2);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_gather<2>(p0 + o0 + c * g0s0, g0s0, n0 - c);
      a2[u] = lz_gather<2>(p2 + o0 + c * g0s0, g0s0, n0 - c);
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
      const double r3 = r0 * r1;
      const double r4 = r3 + r2;
      b0.lane[k] = r4;
    }
    const int o1 = 0;
    lz_store<2>(q0 + o1 + c, b0, n0 - c);
  }
}
