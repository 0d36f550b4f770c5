// 1 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply_astype_equal_astype(double* __restrict__ q0, long long v0, long long v1, double v2, double v3, double v4, long long t5, long long t5s0, int n0) {
  const long long r0 = v0;
  const long long r1 = v1;
  const double r2 = v2;
  const double r3 = v3;
  const double r4 = v4;
  const int first = ((int)blockIdx.x * 4 * blockDim.x + threadIdx.x) * 2;
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = first + u * (int)blockDim.x * 2;
    if (c >= n0) break;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const long long r5 = t5 + (c + k) * t5s0;
      const long long r6 = lz_wrap_multiply(r5, r0);
      const double r7 = lz_cast<double>(r6);
      const bool r8 = lz_equal(r5, r1);
      const double r9 = lz_cast<double>(r5);
      const double r10 = r9 * r2;
      const double r11 = r10 + r3;
      const double r12 = r8 ? r4 : r11;
      const double r13 = r7 + r12;
      b0.lane[k] = r13;
    }
    const int o0 = 0;
    lz_store<2>(q0 + o0 + c, b0, n0 - c);
  }
}
