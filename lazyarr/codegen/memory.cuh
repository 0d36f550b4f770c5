// Wide loads and stores: what every generated kernel is made of.

// [pack]
template <class T, int V>
struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) lz_pack {
  T lane[V];
};

// [load]
// V neighbours of an aligned array; past the end lanes are zero.
template <int V, class T, class I>
__device__ __forceinline__ lz_pack<T, V> lz_load(const T* p, I left) {
  if (left >= V) return *reinterpret_cast<const lz_pack<T, V>*>(p);
  lz_pack<T, V> r;
#pragma unroll
  for (int k = 0; k < V; ++k) r.lane[k] = k < left ? p[k] : T();
  return r;
}

// [gather]
template <int V, class T, class I>
__device__ __forceinline__ lz_pack<T, V> lz_gather(const T* p, I stride, I left) {
  lz_pack<T, V> r;
#pragma unroll
  for (int k = 0; k < V; ++k) r.lane[k] = k < left ? p[k * stride] : T();
  return r;
}

// [store]
template <int V, class T, class I>
__device__ __forceinline__ void lz_store(T* p, const lz_pack<T, V>& r, I left) {
  if (left >= V) {
    *reinterpret_cast<lz_pack<T, V>*>(p) = r;
    return;
  }
#pragma unroll
  for (int k = 0; k < V; ++k)
    if (k < left) p[k] = r.lane[k];
}

// [scatter]
template <int V, class T, class I>
__device__ __forceinline__ void lz_scatter(T* p, I stride, const lz_pack<T, V>& r,
                                           I left) {
#pragma unroll
  for (int k = 0; k < V; ++k)
    if (k < left) p[k * stride] = r.lane[k];
}
