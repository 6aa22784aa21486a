// A square of CN_VL x CN_VL floats turned on its diagonal, in registers.
//
// In each of log2(V) steps rows i and i + w exchange the quarters that are on the wrong side:
//
//   row i      a0 a1 a2 a3        a0 a1 b0 b1
//   row i + w  b0 b1 b2 b3   ──►  a2 a3 b2 b3      (V = 4, w = 2)

#define CN_FROM_FIRST(lane, w) (((lane) & (w)) == 0 ? (lane) : (lane) - (w) + CN_VL)
#define CN_FROM_SECOND(lane, w) (((lane) & (w)) == 0 ? (lane) + (w) : (lane) + CN_VL)
#define CN_SHUFFLE_4(from, w, l) from((l), w), from((l) + 1, w), from((l) + 2, w), from((l) + 3, w)
#if CN_VL == 16
#define CN_SHUFFLE(from, w) \
  CN_SHUFFLE_4(from, w, 0), CN_SHUFFLE_4(from, w, 4), CN_SHUFFLE_4(from, w, 8), CN_SHUFFLE_4(from, w, 12)
#elif CN_VL == 8
#define CN_SHUFFLE(from, w) CN_SHUFFLE_4(from, w, 0), CN_SHUFFLE_4(from, w, 4)
#else
#define CN_SHUFFLE(from, w) CN_SHUFFLE_4(from, w, 0)
#endif

#define CN_EXCHANGE(w)                                                                       \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < CN_VL; i++) if ((i & (w)) == 0) {   \
    const vec a = rows[i], b = rows[i + (w)];                                                \
    rows[i] = __builtin_shufflevector(a, b, CN_SHUFFLE(CN_FROM_FIRST, w));                     \
    rows[i + (w)] = __builtin_shufflevector(a, b, CN_SHUFFLE(CN_FROM_SECOND, w));              \
  }

CN_INLINE void transpose(vec rows[CN_VL]) {
#if CN_VL >= 16
  CN_EXCHANGE(8)
#endif
#if CN_VL >= 8
  CN_EXCHANGE(4)
#endif
  CN_EXCHANGE(2)
  CN_EXCHANGE(1)
}
