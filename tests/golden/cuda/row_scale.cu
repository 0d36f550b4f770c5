// 1024 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_add(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p1, const double* __restrict__ p2, int g0s0, int g1s0, int g2s0, int g2s1, int n0, int n1, int across) {
  const int c = ((int)(blockIdx.x % across) * blockDim.x + threadIdx.x) * 2;
  if (c >= n1) return;
  const int first = (int)(blockIdx.x / across) * 2 * blockDim.y + threadIdx.y;
  const int rows = n0;
  lz_pack<double, 2> a0[2];
  lz_pack<double, 2> a1[1];
  double a2[2];
  if (n1 - c >= 2 && first + 1 * (int)blockDim.y < rows) {
    a1[0] = lz_load<2>(p1 + 0 + c);
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int row = first + u * (int)blockDim.y;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      const int o2 = i0 * g2s0;
      a0[u] = lz_load<2>(p0 + o0 + c);
      a2[u] = p2[o2];
    }
  } else {
    a1[0] = lz_load<2>(p1 + 0 + c, n1 - c);
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int row = first + u * (int)blockDim.y;
      if (row >= rows) break;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      const int o2 = i0 * g2s0;
      a0[u] = lz_load<2>(p0 + o0 + c, n1 - c);
      a2[u] = p2[o2];
    }
  }
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    const int row = first + u * (int)blockDim.y;
    if (row >= rows) break;
    const int i0 = row;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r1 = a1[0].lane[k];
      const double r2 = a2[u];
      const double r3 = r0 * r1;
      const double r4 = r3 + r2;
      b0.lane[k] = r4;
    }
    const int o0 = i0 * g0s0;
    lz_store<2>(q0 + o0 + c, b0, n1 - c);
  }
}
