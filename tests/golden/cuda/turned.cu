// 1024 blocks of 32 x 8 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_tile_add(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p1, int g0s0, int g1s0, int g1s1, int n0, int n1, int across, int down) {
  __shared__ double s1[32][33];
  const int x0 = (int)(blockIdx.x % across) * 32;
  const int rest = (int)(blockIdx.x / across);
  const int y0 = rest % down * 32;
  double a0[4];
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int v = threadIdx.y + u * 8;
    const int i1 = x0 + threadIdx.x;
    const int i0 = y0 + v;
    if (i1 >= n1 || i0 >= n0) continue;
    a0[u] = p0[i0 * g0s0 + i1];
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int v = threadIdx.y + u * 8;
    const int i1 = x0 + v;
    const int i0 = y0 + threadIdx.x;
    if (i1 >= n1 || i0 >= n0) continue;
    s1[v][threadIdx.x] = p1[i0 * g1s0 + i1 * g1s1];
  }
  __syncthreads();
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int v = threadIdx.y + u * 8;
    const int i1 = x0 + threadIdx.x;
    const int i0 = y0 + v;
    if (i1 >= n1 || i0 >= n0) continue;
    const double r0 = a0[u];
    const double r1 = s1[threadIdx.x][v];
    const double r2 = r0 + r1;
    q0[i0 * g0s0 + i1] = r2;
  }
}
