// Operations that TensorFlow lacks on the CPU: what a sparse training step does to active latents, and
// sums and updates that would otherwise be several passes over the weights. `npm run setup:tensorflow`
// compiles them into the binding; loading it registers them. Each result is the same for any number of
// threads. Sparse codes are compressed rows: pointers int32 [r + 1], indices int32 [count], values [count].

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

// The compiler makes one version for each kind of processor; the right one is taken when it is loaded.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define VECTORISED __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define VECTORISED
#endif

namespace {

// ---- threads -------------------------------------------------------------------------------------

// As many threads as TensorFlow was given, the caller's among them. They sleep between calls.
class Pool {
 public:
  static Pool &shared() {
    // Never destroyed: threads may still run when the process ends.
    static Pool *pool = new Pool();
    return *pool;
  }

  // Calls work(begin, end) for pieces of at least `grain` of 0 up to `count`, on all threads.
  void run(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &work) {
    const int64_t pieces = std::min<int64_t>((count + grain - 1) / grain, 8 * (threads_ + 1));
    if (pieces <= 1 || threads_ == 0) {
      if (count > 0) work(0, count);
      return;
    }
    const std::lock_guard<std::mutex> alone(turn_);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      count_ = count;
      pieces_ = pieces;
      next_ = 0;
      busy_ = threads_;
      work_ = &work;
      round_++;
    }
    started_.notify_all();
    take(work);
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [&] { return busy_ == 0; });
  }

 private:
  Pool() {
    const char *wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
    threads_ = std::max(1, wanted ? std::atoi(wanted) : 1) - 1;
    for (int i = 0; i < threads_; i++) std::thread([this] { serve(); }).detach();
  }

  void take(const std::function<void(int64_t, int64_t)> &work) {
    for (int64_t piece; (piece = next_++) < pieces_;)
      work(count_ * piece / pieces_, count_ * (piece + 1) / pieces_);
  }

  void serve() {
    for (uint64_t seen = 0;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      started_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      const auto *work = work_;
      lock.unlock();
      take(*work);
      lock.lock();
      if (--busy_ == 0) finished_.notify_one();
    }
  }

  int threads_;
  std::mutex turn_, mutex_;
  std::condition_variable started_, finished_;
  const std::function<void(int64_t, int64_t)> *work_ = nullptr;
  int64_t count_ = 0, pieces_ = 0;
  std::atomic<int64_t> next_{0};
  int busy_ = 0;
  uint64_t round_ = 0;
};

// ---- a call's tensors ----------------------------------------------------------------------------

// Inputs and outputs of one call; they go back to TensorFlow at its end. After a failure everything is
// null, and the call must do nothing.
class Call {
 public:
  explicit Call(TF_OpKernelContext *context) : context_(context), status_(TF_NewStatus()) {}
  Call(const Call &) = delete;
  ~Call() {
    for (TF_Tensor *tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor *input(int index) {
    TF_Tensor *tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    return own(tensor);
  }

  template <typename T>
  const T *numbers(int index) {
    TF_Tensor *tensor = input(index);
    return tensor ? static_cast<const T *>(TF_TensorData(tensor)) : nullptr;
  }

  template <typename T>
  T *output(int index, TF_DataType type, std::vector<int64_t> shape) {
    size_t bytes = sizeof(T);
    for (const int64_t size : shape) bytes *= size;
    TF_Tensor *tensor = TF_AllocateOutput(context_, index, type, shape.data(),
                                          static_cast<int>(shape.size()), bytes, status_);
    return own(tensor) ? static_cast<T *>(TF_TensorData(tensor)) : nullptr;
  }

  float *floats(int index, std::vector<int64_t> shape) {
    return output<float>(index, TF_FLOAT, std::move(shape));
  }

  int32_t *ints(int index, std::vector<int64_t> shape) {
    return output<int32_t>(index, TF_INT32, std::move(shape));
  }

  bool failed() const { return TF_GetCode(status_) != TF_OK; }

 private:
  TF_Tensor *own(TF_Tensor *tensor) {
    if (tensor) tensors_.push_back(tensor);
    if (failed()) TF_OpKernelContext_Failure(context_, status_);
    return failed() ? nullptr : tensor;
  }

  TF_OpKernelContext *context_;
  TF_Status *status_;
  std::vector<TF_Tensor *> tensors_;
};

int64_t rowsOf(TF_Tensor *matrix) { return TF_Dim(matrix, 0); }
int64_t columnsOf(TF_Tensor *matrix) { return TF_Dim(matrix, 1); }

// So many rows that a piece of work is worth a thread.
int64_t grainFor(int64_t perRow) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, perRow)); }

// ---- finding active latents ----------------------------------------------------------------------

// Writes the entries of x + bias in a row that are above their limits, or not numbers; answers how many.
// There must be room for a whole row and `block` more.
constexpr int64_t block = 16;

int64_t writeAboveFrom(int64_t start, const float *x, const float *bias, const float *limits, int64_t columns, int32_t *indices, float *values) {
  int64_t count = 0;
  for (int64_t j = start; j < columns; j++) {
    const float sum = x[j] + bias[j];
    indices[count] = static_cast<int32_t>(j);
    values[count] = sum;
    count += !(sum <= limits[j]);
  }
  return count;
}

#if defined(__x86_64__)
// Most blocks have none.
__attribute__((target("avx512f"))) int64_t writeAboveWide(const float *x, const float *bias, const float *limits, int64_t columns, int32_t *indices, float *values) {
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  int64_t count = 0, start = 0;
  for (; start + block <= columns; start += block) {
    const __m512 sums = _mm512_add_ps(_mm512_loadu_ps(x + start), _mm512_loadu_ps(bias + start));
    const __mmask16 above = _mm512_cmp_ps_mask(sums, _mm512_loadu_ps(limits + start), _CMP_NLE_UQ);
    if (!above) continue;
    const __m512i here = _mm512_add_epi32(first, _mm512_set1_epi32(static_cast<int32_t>(start)));
    _mm512_storeu_ps(values + count, _mm512_maskz_compress_ps(above, sums));
    _mm512_storeu_si512(indices + count, _mm512_maskz_compress_epi32(above, here));
    count += __builtin_popcount(above);
  }
  return count + writeAboveFrom(start, x, bias, limits, columns, indices + count, values + count);
}
#endif

int64_t writeAbove(const float *x, const float *bias, const float *limits, int64_t columns, int32_t *indices, float *values) {
#if defined(__x86_64__)
  static const bool isWide = __builtin_cpu_supports("avx512f");
  if (isWide) return writeAboveWide(x, bias, limits, columns, indices, values);
#endif
  return writeAboveFrom(0, x, bias, limits, columns, indices, values);
}

// What one piece of the rows holds.
struct Found {
  int64_t firstRow = 0, count = 0;
  std::vector<int32_t> indices;
  std::vector<float> values;
};

// A row of numbers, or of one number n times where it is given once.
std::vector<float> wholeRow(TF_Tensor *row, int64_t columns) {
  const float *numbers = static_cast<float *>(TF_TensorData(row));
  if (TF_Dim(row, 0) == columns) return std::vector<float>(numbers, numbers + columns);
  return std::vector<float>(columns, numbers[0]);
}

// x [r, n], bias and limits [1] or [n], most [] -> pointers, indices, values of the entries of x + bias
// above the limits; all empty where they are `most` or more.
void selectAbove(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *x = call.input(0);
  TF_Tensor *addend = call.input(1);
  TF_Tensor *bounds = call.input(2);
  const int32_t *most = call.numbers<int32_t>(3);
  if (call.failed()) return;
  const int64_t rows = rowsOf(x), columns = columnsOf(x);
  const float *numbers = static_cast<float *>(TF_TensorData(x));
  const std::vector<float> bias = wholeRow(addend, columns), limits = wholeRow(bounds, columns);
  std::vector<int64_t> starts(rows + 1);
  std::vector<Found> pieces;
  std::mutex mutex;
  Pool::shared().run(rows, grainFor(columns), [&](int64_t from, int64_t to) {
    Found found;
    found.firstRow = from;
    for (int64_t row = from; row < to && found.count < *most; row++) {
      // Room grows by what the rows so far needed, so that it is seldom moved.
      if (static_cast<int64_t>(found.indices.size()) < found.count + columns + block) {
        const int64_t room = 2 * found.count + columns + block + (to - from) * columns / 32;
        found.indices.resize(room);
        found.values.resize(room);
      }
      const int64_t added = writeAbove(numbers + row * columns, bias.data(), limits.data(), columns,
                                       found.indices.data() + found.count, found.values.data() + found.count);
      starts[row + 1] = added;
      found.count += added;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    pieces.push_back(std::move(found));
  });
  for (int64_t row = 0; row < rows; row++) starts[row + 1] += starts[row];
  const bool isTooMany = starts[rows] >= *most;
  const int64_t count = isTooMany ? 0 : starts[rows];
  int32_t *pointers = call.ints(0, {isTooMany ? 0 : rows + 1});
  int32_t *indices = call.ints(1, {count});
  float *values = call.floats(2, {count});
  if (call.failed() || isTooMany) return;
  std::copy(starts.begin(), starts.end(), pointers);
  for (const Found &found : pieces) {
    std::copy_n(found.indices.data(), found.count, indices + starts[found.firstRow]);
    std::copy_n(found.values.data(), found.count, values + starts[found.firstRow]);
  }
}

// ---- products over stored entries ----------------------------------------------------------------

VECTORISED void addScaled(float *out, const float *x, float factor, int64_t length) {
  for (int64_t j = 0; j < length; j++) out[j] += factor * x[j];
}

VECTORISED float dot(const float *x, const float *y, int64_t length) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < length; j++) sum += x[j] * y[j];
  return sum;
}

// pointers, indices, values, d [n, w] -> [r, w].
void sparseMatmul(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  const int32_t *indices = call.numbers<int32_t>(1);
  const float *values = call.numbers<float>(2);
  TF_Tensor *dense = call.input(3);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  const float *d = static_cast<float *>(TF_TensorData(dense));
  const int64_t rows = TF_Dim(bounds, 0) - 1, width = columnsOf(dense);
  float *out = call.floats(0, {rows, width});
  if (call.failed()) return;
  const int64_t perRow = rows == 0 ? 1 : pointers[rows] / rows;
  Pool::shared().run(rows, grainFor(perRow * width), [&](int64_t from, int64_t to) {
    std::fill(out + from * width, out + to * width, 0.0f);
    for (int64_t row = from; row < to; row++)
      for (int32_t k = pointers[row]; k < pointers[row + 1]; k++)
        addScaled(out + row * width, d + indices[k] * width, values[k], width);
  });
}

// pointers, indices, g [r, w], d [n, w] -> <g_row, d_column> of each stored entry [count].
void sampledMatmul(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  TF_Tensor *places = call.input(1);
  const float *g = call.numbers<float>(2);
  TF_Tensor *dense = call.input(3);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  const int32_t *indices = static_cast<int32_t *>(TF_TensorData(places));
  const float *d = static_cast<float *>(TF_TensorData(dense));
  const int64_t rows = TF_Dim(bounds, 0) - 1, width = columnsOf(dense);
  float *out = call.floats(0, {TF_Dim(places, 0)});
  if (call.failed()) return;
  const int64_t perRow = rows == 0 ? 1 : pointers[rows] / rows;
  Pool::shared().run(rows, grainFor(perRow * width), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++)
      for (int32_t k = pointers[row]; k < pointers[row + 1]; k++)
        out[k] = dot(g + row * width, d + indices[k] * width, width);
  });
}

// pointers, indices, columns [] -> the same entries by column, in order of rows: where each column
// begins [n + 1], row of each entry [count], its place in `values` [count].
void transposePattern(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  TF_Tensor *places = call.input(1);
  const int32_t *columns = call.numbers<int32_t>(2);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  const int32_t *indices = static_cast<int32_t *>(TF_TensorData(places));
  const int64_t rows = TF_Dim(bounds, 0) - 1, count = TF_Dim(places, 0);
  int32_t *starts = call.ints(0, {*columns + 1});
  int32_t *rowOf = call.ints(1, {count});
  int32_t *placeOf = call.ints(2, {count});
  if (call.failed()) return;
  std::fill(starts, starts + *columns + 1, 0);
  for (int64_t k = 0; k < count; k++) starts[indices[k] + 1]++;
  for (int64_t column = 0; column < *columns; column++) starts[column + 1] += starts[column];
  std::vector<int32_t> next(starts, starts + *columns);
  for (int64_t row = 0; row < rows; row++)
    for (int32_t k = pointers[row]; k < pointers[row + 1]; k++) {
      const int32_t at = next[indices[k]]++;
      rowOf[at] = static_cast<int32_t>(row);
      placeOf[at] = k;
    }
}

// A transposed pattern, values, g [r, w] -> the transpose of the codes times g: [n, w].
void sparseTransposeMatmul(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  const int32_t *rowOf = call.numbers<int32_t>(1);
  const int32_t *placeOf = call.numbers<int32_t>(2);
  const float *values = call.numbers<float>(3);
  TF_Tensor *dense = call.input(4);
  if (call.failed()) return;
  const int32_t *starts = static_cast<int32_t *>(TF_TensorData(bounds));
  const float *g = static_cast<float *>(TF_TensorData(dense));
  const int64_t columns = TF_Dim(bounds, 0) - 1, width = columnsOf(dense);
  float *out = call.floats(0, {columns, width});
  if (call.failed()) return;
  const int64_t perColumn = columns == 0 ? 1 : 1 + starts[columns] / columns;
  Pool::shared().run(columns, grainFor(perColumn * width), [&](int64_t from, int64_t to) {
    for (int64_t column = from; column < to; column++) {
      float *line = out + column * width;
      std::fill(line, line + width, 0.0f);
      for (int32_t k = starts[column]; k < starts[column + 1]; k++)
        addScaled(line, g + rowOf[k] * width, values[placeOf[k]], width);
    }
  });
}

// A transposed pattern and values -> the sum of each column [n].
void sparseColumnSums(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  const int32_t *placeOf = call.numbers<int32_t>(1);
  const float *values = call.numbers<float>(2);
  if (call.failed()) return;
  const int32_t *starts = static_cast<int32_t *>(TF_TensorData(bounds));
  const int64_t columns = TF_Dim(bounds, 0) - 1;
  float *out = call.floats(0, {columns});
  if (call.failed()) return;
  for (int64_t column = 0; column < columns; column++) {
    float sum = 0;
    for (int32_t k = starts[column]; k < starts[column + 1]; k++) sum += values[placeOf[k]];
    out[column] = sum;
  }
}

// pointers, values -> the sum of the magnitudes in each row [r].
void sparseRowSizes(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  const float *values = call.numbers<float>(1);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  const int64_t rows = TF_Dim(bounds, 0) - 1;
  float *out = call.floats(0, {rows});
  if (call.failed()) return;
  for (int64_t row = 0; row < rows; row++) {
    float sum = 0;
    for (int32_t k = pointers[row]; k < pointers[row + 1]; k++) sum += std::abs(values[k]);
    out[row] = sum;
  }
}

// pointers, values, weights [r] -> the sign of each value times the weight of its row [count].
void sparseRowSigns(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  TF_Tensor *entries = call.input(1);
  const float *weights = call.numbers<float>(2);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  const float *values = static_cast<float *>(TF_TensorData(entries));
  float *out = call.floats(0, {TF_Dim(entries, 0)});
  if (call.failed()) return;
  for (int64_t row = 0; row + 1 < TF_Dim(bounds, 0); row++)
    for (int32_t k = pointers[row]; k < pointers[row + 1]; k++)
      out[k] = values[k] > 0 ? weights[row] : values[k] < 0 ? -weights[row] : values[k] * weights[row];
}

// pointers, count [] -> the row of each stored entry: int64 [count].
void entryRows(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *bounds = call.input(0);
  const int32_t *count = call.numbers<int32_t>(1);
  if (call.failed()) return;
  const int32_t *pointers = static_cast<int32_t *>(TF_TensorData(bounds));
  int64_t *out = call.output<int64_t>(0, TF_INT64, {*count});
  if (call.failed()) return;
  for (int64_t row = 0; row + 1 < TF_Dim(bounds, 0); row++)
    std::fill(out + pointers[row], out + pointers[row + 1], row);
}

// ---- rows, sums and the optimiser ----------------------------------------------------------------

VECTORISED void divide(float *out, const float *x, float by, int64_t length) {
  for (int64_t j = 0; j < length; j++) out[j] = x[j] / by;
}

VECTORISED void divideRest(float *out, const float *x, const float *y, float along, float by, int64_t length) {
  for (int64_t j = 0; j < length; j++) out[j] = (x[j] - along * y[j]) / by;
}

// The norm below which a row counts as zero when it is divided by its norm.
constexpr float smallestNorm = 1e-12f;

// x [r, w] -> rows of unit length [r, w], norms [r].
void normaliseRows(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *input = call.input(0);
  if (call.failed()) return;
  const float *x = static_cast<float *>(TF_TensorData(input));
  const int64_t rows = rowsOf(input), width = columnsOf(input);
  float *unit = call.floats(0, {rows, width});
  float *norms = call.floats(1, {rows});
  if (call.failed()) return;
  Pool::shared().run(rows, grainFor(width), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const float *line = x + row * width;
      norms[row] = std::sqrt(dot(line, line, width));
      divide(unit + row * width, line, std::max(norms[row], smallestNorm), width);
    }
  });
}

// y [r, w], norms [r], dy [r, w] -> the gradient of the rows that were divided by their norms.
void normaliseRowsGradient(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *output = call.input(0);
  const float *norms = call.numbers<float>(1);
  const float *slopes = call.numbers<float>(2);
  if (call.failed()) return;
  const float *unit = static_cast<float *>(TF_TensorData(output));
  const int64_t rows = rowsOf(output), width = columnsOf(output);
  float *out = call.floats(0, {rows, width});
  if (call.failed()) return;
  Pool::shared().run(rows, grainFor(width), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const float *y = unit + row * width, *dy = slopes + row * width;
      const float by = std::max(norms[row], smallestNorm);
      divideRest(out + row * width, dy, y, dot(y, dy, width), by, width);
    }
  });
}

VECTORISED double sumOf(const float *x, bool squared, int64_t length) {
  double sum = 0;
  if (squared) {
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < length; j++) sum += static_cast<double>(x[j]) * x[j];
  } else {
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < length; j++) sum += x[j];
  }
  return sum;
}

// x [size], power 1 or 2 [] -> the float64 sum of that power: [], as the bits of an int64.
void sumPowers(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *input = call.input(0);
  const int32_t *power = call.numbers<int32_t>(1);
  if (call.failed()) return;
  const float *x = static_cast<float *>(TF_TensorData(input));
  const int64_t size = TF_TensorElementCount(input);
  int64_t *out = call.output<int64_t>(0, TF_INT64, {});
  if (call.failed()) return;
  // Blocks of one size, whatever the threads, so that the sum is always the same.
  constexpr int64_t block = 1 << 14;
  std::vector<double> sums((size + block - 1) / block);
  Pool::shared().run(static_cast<int64_t>(sums.size()), 4, [&](int64_t from, int64_t to) {
    for (int64_t at = from; at < to; at++)
      sums[at] = sumOf(x + at * block, *power == 2, std::min(block, size - at * block));
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  std::memcpy(out, &sum, sizeof sum);
}

// Where x is above the largest so far, it and its place become those of the largest.
VECTORISED void keepLargest(float *largest, int32_t *places, const float *x, int32_t place, int64_t length) {
  for (int64_t j = 0; j < length; j++) {
    const bool isAbove = x[j] > largest[j];
    largest[j] = isAbove ? x[j] : largest[j];
    places[j] = isAbove ? place : places[j];
  }
}

// The first place of the largest number of a row, or 0 where none is above -Infinity.
VECTORISED int32_t placeOfLargest(const float *x, int64_t length) {
  constexpr int lanes = 64;
  float largest[lanes];
  int32_t starts[lanes];
  for (int lane = 0; lane < lanes; lane++) {
    largest[lane] = -INFINITY;
    starts[lane] = 0;
  }
  int64_t start = 0;
  for (; start + lanes <= length; start += lanes)
    for (int lane = 0; lane < lanes; lane++) {
      const bool isAbove = x[start + lane] > largest[lane];
      largest[lane] = isAbove ? x[start + lane] : largest[lane];
      starts[lane] = isAbove ? static_cast<int32_t>(start) : starts[lane];
    }
  float best = -INFINITY;
  int32_t place = 0;
  for (int lane = 0; lane < lanes; lane++) {
    const int32_t here = starts[lane] + lane;
    if (largest[lane] > best || (largest[lane] == best && best > -INFINITY && here < place)) {
      best = largest[lane];
      place = here;
    }
  }
  for (; start < length; start++)
    if (x[start] > best) {
      best = x[start];
      place = static_cast<int32_t>(start);
    }
  return place;
}

// x [r, c], c > 0 -> the largest of each row [r] and its column [r]: the first of several, never NaN
// unless there is no number above -Infinity.
void largestInRows(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *input = call.input(0);
  if (call.failed()) return;
  const float *x = static_cast<float *>(TF_TensorData(input));
  const int64_t rows = rowsOf(input), columns = columnsOf(input);
  float *values = call.floats(0, {rows});
  int32_t *places = call.ints(1, {rows});
  if (call.failed()) return;
  Pool::shared().run(rows, grainFor(columns), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      places[row] = placeOfLargest(x + row * columns, columns);
      values[row] = x[row * columns + places[row]];
    }
  });
}

// x [r, c] -> the largest of each column [c] and its row [c]: the first of several, never NaN.
void largestInColumns(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *input = call.input(0);
  if (call.failed()) return;
  const float *x = static_cast<float *>(TF_TensorData(input));
  const int64_t rows = rowsOf(input), columns = columnsOf(input);
  float *values = call.floats(0, {columns});
  int32_t *places = call.ints(1, {columns});
  if (call.failed()) return;
  // Columns of one piece stay in the cache from row to row.
  Pool::shared().run(columns, std::max<int64_t>(1024, grainFor(rows)), [&](int64_t from, int64_t to) {
    std::fill(values + from, values + to, -INFINITY);
    std::fill(places + from, places + to, 0);
    for (int64_t row = 0; row < rows; row++)
      keepLargest(values + from, places + from, x + row * columns + from, static_cast<int32_t>(row), to - from);
  });
}

VECTORISED void decay(float *out, const float *x, const float *y, float keep, float add, bool squared, int64_t length) {
  if (squared)
    for (int64_t j = 0; j < length; j++) out[j] = keep * x[j] + add * y[j] * y[j];
  else
    for (int64_t j = 0; j < length; j++) out[j] = keep * x[j] + add * y[j];
}

// A moment, a gradient of its shape, the factors of the two [2], power 1 or 2 [] -> the next moment.
void nextMoment(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *moment = call.input(0);
  const float *gradient = call.numbers<float>(1);
  const float *factors = call.numbers<float>(2);
  const int32_t *power = call.numbers<int32_t>(3);
  if (call.failed()) return;
  const int64_t size = TF_TensorElementCount(moment);
  const float *x = static_cast<float *>(TF_TensorData(moment));
  float *out = call.floats(0, {size});
  if (call.failed()) return;
  Pool::shared().run(size, 1 << 15, [&](int64_t from, int64_t to) {
    decay(out + from, x + from, gradient + from, factors[0], factors[1], *power == 2, to - from);
  });
}

VECTORISED void descend(float *out, const float *x, const float *first, const float *second, float rate, float epsilon, int64_t length) {
  for (int64_t j = 0; j < length; j++)
    out[j] = x[j] - rate * first[j] / (std::sqrt(second[j]) + epsilon);
}

// A parameter and its moments, rate and epsilon [2] -> the next parameter.
void nextParameter(void *, TF_OpKernelContext *context) {
  Call call(context);
  TF_Tensor *parameter = call.input(0);
  const float *first = call.numbers<float>(1);
  const float *second = call.numbers<float>(2);
  const float *settings = call.numbers<float>(3);
  if (call.failed()) return;
  const int64_t size = TF_TensorElementCount(parameter);
  const float *x = static_cast<float *>(TF_TensorData(parameter));
  float *out = call.floats(0, {size});
  if (call.failed()) return;
  Pool::shared().run(size, 1 << 15, [&](int64_t from, int64_t to) {
    descend(out + from, x + from, first + from, second + from, settings[0], settings[1], to - from);
  });
}

// ---- registration --------------------------------------------------------------------------------

struct Operation {
  const char *name;
  std::vector<const char *> inputs, outputs;
  void (*compute)(void *, TF_OpKernelContext *);
};

void enlist(const Operation &operation) {
  TF_Status *status = TF_NewStatus();
  TF_OpDefinitionBuilder *builder = TF_NewOpDefinitionBuilder(operation.name);
  for (const char *input : operation.inputs) TF_OpDefinitionBuilderAddInput(builder, input);
  for (const char *output : operation.outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(builder, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(operation.name,
                             TF_NewKernelBuilder(operation.name, "CPU", nullptr, operation.compute, nullptr),
                             status);
  // An operation that is missing is reported by the call that asks for it.
  TF_DeleteStatus(status);
}

const bool isReady = [] {
  const std::vector<Operation> operations = {
      {"AssaySelectAbove", {"x: float", "bias: float", "limits: float", "most: int32"},
       {"pointers: int32", "indices: int32", "values: float"}, selectAbove},
      {"AssaySparseMatmul", {"pointers: int32", "indices: int32", "values: float", "dense: float"},
       {"product: float"}, sparseMatmul},
      {"AssaySampledMatmul", {"pointers: int32", "indices: int32", "left: float", "right: float"},
       {"values: float"}, sampledMatmul},
      {"AssayTransposePattern", {"pointers: int32", "indices: int32", "columns: int32"},
       {"starts: int32", "rows: int32", "places: int32"}, transposePattern},
      {"AssaySparseTransposeMatmul", {"starts: int32", "rows: int32", "places: int32", "values: float", "dense: float"},
       {"product: float"}, sparseTransposeMatmul},
      {"AssaySparseColumnSums", {"starts: int32", "places: int32", "values: float"}, {"sums: float"}, sparseColumnSums},
      {"AssaySparseRowSizes", {"pointers: int32", "values: float"}, {"sizes: float"}, sparseRowSizes},
      {"AssaySparseRowSigns", {"pointers: int32", "values: float", "weights: float"}, {"signs: float"}, sparseRowSigns},
      {"AssayEntryRows", {"pointers: int32", "count: int32"}, {"rows: int64"}, entryRows},
      {"AssayNormaliseRows", {"x: float"}, {"unit: float", "norms: float"}, normaliseRows},
      {"AssayNormaliseRowsGradient", {"unit: float", "norms: float", "slopes: float"}, {"gradient: float"},
       normaliseRowsGradient},
      {"AssaySumPowers", {"x: float", "power: int32"}, {"bits: int64"}, sumPowers},
      {"AssayLargestInRows", {"x: float"}, {"values: float", "places: int32"}, largestInRows},
      {"AssayLargestInColumns", {"x: float"}, {"values: float", "places: int32"}, largestInColumns},
      {"AssayNextMoment", {"moment: float", "gradient: float", "factors: float", "power: int32"},
       {"next: float"}, nextMoment},
      {"AssayNextParameter", {"parameter: float", "first: float", "second: float", "settings: float"},
       {"next: float"}, nextParameter},
  };
  for (const Operation &operation : operations) enlist(operation);
  return true;
}();

}  // namespace
