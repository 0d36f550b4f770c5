// 2048 blocks of 32 x 8 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_subtract_subtract_s(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p2, const double* __restrict__ p3, const double* __restrict__ p4, const double* __restrict__ p5, double v1, int g0s0, int g1s0, int n0, int n1, int across) {
  const double r1 = v1;
  const int c = ((int)(blockIdx.x % across) * blockDim.x + threadIdx.x) * 2;
  if (c >= n1) return;
  const int first = (int)(blockIdx.x / across) * 1 * blockDim.y + threadIdx.y;
  const int rows = n0;
  lz_pack<double, 2> a0[1];
  lz_pack<double, 2> a2[1];
  lz_pack<double, 2> a3[1];
  lz_pack<double, 2> a4[1];
  lz_pack<double, 2> a5[1];
  if (n1 - c >= 4 && first + 0 * (int)blockDim.y < rows) {
#pragma unroll
    for (int u = 0; u < 1; ++u) {
      const int row = first + u * (int)blockDim.y;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      a0[u] = lz_near<2>(p0 + o0 + c);
      a2[u] = lz_near<2>(p2 + o0 + c);
      a3[u] = lz_near<2>(p3 + o0 + c);
      a4[u] = lz_load<2>(p4 + o0 + c);
      a5[u] = lz_load<2>(p5 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 1; ++u) {
      const int row = first + u * (int)blockDim.y;
      if (row >= rows) break;
      const int i0 = row;
      const int o0 = i0 * g0s0;
      a0[u] = lz_near<2>(p0 + o0 + c, n1 - c);
      a2[u] = lz_near<2>(p2 + o0 + c, n1 - c);
      a3[u] = lz_near<2>(p3 + o0 + c, n1 - c);
      a4[u] = lz_load<2>(p4 + o0 + c, n1 - c);
      a5[u] = lz_load<2>(p5 + o0 + c, n1 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 1; ++u) {
    const int row = first + u * (int)blockDim.y;
    if (row >= rows) break;
    const int i0 = row;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r2 = a2[u].lane[k];
      const double r3 = a3[u].lane[k];
      const double r4 = a4[u].lane[k];
      const double r5 = a5[u].lane[k];
      const double r6 = r0 * r1;
      const double r7 = r6 - r2;
      const double r8 = r7 - r3;
      const double r9 = r8 - r4;
      const double r10 = r9 - r5;
      b0.lane[k] = r10;
    }
    const int o1 = i0 * g1s0;
    lz_store<2>(q0 + o1 + c, b0, n1 - c);
  }
}
