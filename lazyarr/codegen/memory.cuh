// Wide loads and stores: what every generated kernel is made of.

// [pack]
template <class T, int V>
struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) lz_pack {
  T lane[V];
};

// [load]
// V neighbours of an aligned array; past the end, `left` on, lanes are zero.
template <int V, class T>
__device__ __forceinline__ lz_pack<T, V> lz_load(const T* p) {
  return *reinterpret_cast<const lz_pack<T, V>*>(p);
}
template <int V, class T, class I>
__device__ __forceinline__ lz_pack<T, V> lz_load(const T* p, I left) {
  if (left >= V) return lz_load<V>(p);
  lz_pack<T, V> r;
#pragma unroll
  for (int k = 0; k < V; ++k) r.lane[k] = k < left ? p[k] : T();
  return r;
}

// [gather]
template <int V, class T, class I, class J>
__device__ __forceinline__ lz_pack<T, V> lz_gather(const T* p, I stride, J left) {
  lz_pack<T, V> r;
#pragma unroll
  for (int k = 0; k < V; ++k) r.lane[k] = k < left ? p[k * stride] : T();
  return r;
}

// [near]
// V neighbours that need not be aligned: the aligned 16 bytes around them, shifted.
// Without `left`, up to 16 bytes after them belong to the array too.
template <int V, class T>
__device__ __forceinline__ lz_pack<T, V> lz_near(const T* p) {
  constexpr int CHUNKS = sizeof(T) * V / 16;
  if constexpr (CHUNKS > 0 && sizeof(T) < 16) {
    const unsigned shift = (unsigned)(reinterpret_cast<unsigned long long>(p) & 15);
    const lz_pack<unsigned, 4>* from = reinterpret_cast<const lz_pack<unsigned, 4>*>(
        reinterpret_cast<const char*>(p) - shift);
    unsigned w[4 * CHUNKS + 4];
#pragma unroll
    for (int c = 0; c <= CHUNKS; ++c) {
      const lz_pack<unsigned, 4> chunk = from[c];
#pragma unroll
      for (int k = 0; k < 4; ++k) w[4 * c + k] = chunk.lane[k];
    }
#pragma unroll
    for (int k = 0; k < 4 * CHUNKS + 2; ++k) w[k] = shift & 8 ? w[k + 2] : w[k];
    if constexpr (sizeof(T) < 8) {
#pragma unroll
      for (int k = 0; k < 4 * CHUNKS + 1; ++k) w[k] = shift & 4 ? w[k + 1] : w[k];
    }
    if constexpr (sizeof(T) < 4) {
#pragma unroll
      for (int k = 0; k < 4 * CHUNKS; ++k) {
        const unsigned long long both = ((unsigned long long)w[k + 1] << 32) | w[k];
        w[k] = (unsigned)(both >> (shift & 3) * 8);
      }
    }
    lz_pack<T, V> r;
    memcpy(&r, w, sizeof(r));
    return r;
  } else {
    return lz_gather<V>(p, 1, V);
  }
}
template <int V, class T, class I>
__device__ __forceinline__ lz_pack<T, V> lz_near(const T* p, I left) {
  if (left >= V + (int)(16 / sizeof(T))) return lz_near<V>(p);
  return lz_gather<V>(p, I(1), left);
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

// [put]
// V neighbours that need not be aligned: as wide as the address allows.
template <int V, class T, class I>
__device__ __forceinline__ void lz_put(T* p, const lz_pack<T, V>& r, I left) {
  constexpr int HALF = 8 / sizeof(T) > 0 ? 8 / sizeof(T) : 1;
  const unsigned place = (unsigned)(reinterpret_cast<unsigned long long>(p) & 15);
  if (left >= V && place % alignof(lz_pack<T, V>) == 0) {
    *reinterpret_cast<lz_pack<T, V>*>(p) = r;
  } else if (left >= V && V > HALF && place % 8 == 0) {
#pragma unroll
    for (int k = 0; k < V; k += HALF) {
      lz_pack<T, HALF> some;
#pragma unroll
      for (int j = 0; j < HALF; ++j) some.lane[j] = r.lane[k + j < V ? k + j : 0];
      *reinterpret_cast<lz_pack<T, HALF>*>(p + k) = some;
    }
  } else {
    lz_scatter<V>(p, I(1), r, left);
  }
}
