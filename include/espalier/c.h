/* Espalier for C, and for languages that call C: read a network, prune it, compile it, run it.
 *
 * Every function that can fail gives a status. With any but ESPALIER_OK, espalier_last_error() says what was
 * got, what was expected and where, and what the function would have given is left alone. Nothing here exits,
 * prints or throws.
 *
 * Threads: a handle is for one thread at a time. Different handles may be used at once, also sessions of one
 * network made by espalier_session_share(). espalier_last_error() is of the thread that asks.
 *
 * Versions: symbols carry the version ESPALIER_C_1, and stay. Options begin with their size, so that a
 * program that was compiled with a newer header is refused by an older library, and one with an older header
 * is served by a newer one. */
#ifndef ESPALIER_C_H
#define ESPALIER_C_H

#include <stddef.h>
#include <stdint.h>

#include "espalier/version.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef enum espalier_status {
    ESPALIER_OK = 0,
    ESPALIER_INVALID_ARGUMENT = 1, /* of the call: a null handle, a wrong shape, an unknown name */
    ESPALIER_INVALID_MODEL = 2,    /* the file or network breaks a rule of ONNX */
    ESPALIER_UNSUPPORTED = 3,      /* valid, but Espalier cannot do it */
    ESPALIER_BAD_DATA = 4,         /* a file does not hold what it should */
    ESPALIER_IO_ERROR = 5,         /* the system refused to read or write */
    ESPALIER_OUT_OF_MEMORY = 6,
    ESPALIER_INTERNAL = 7 /* a bug in Espalier */
} espalier_status;

/* Why the last function of this thread failed, one line; "" before any did. Stays until the next one fails.
 */
const char* espalier_last_error(void);

/* "0.1.0": of the library that runs. */
const char* espalier_version(void);

typedef struct espalier_graph espalier_graph;
typedef struct espalier_session espalier_session;

/* ---- Networks */

/* Reads an ONNX file (also NAME.onnx.zst), or one in memory. The file is not trusted. */
espalier_status espalier_graph_load(const char* path, espalier_graph** graph);
espalier_status espalier_graph_from_bytes(const void* bytes, size_t size, espalier_graph** graph);
/* Writes ONNX; the file appears whole or not at all. */
espalier_status espalier_graph_save(const espalier_graph* graph, const char* path);
/* Weights that may be pruned, and how many of them are not zero. Either may be NULL. */
espalier_status espalier_graph_weights(const espalier_graph* graph, int64_t* prunable, int64_t* left);
/* NULL is no error. */
void espalier_graph_free(espalier_graph* graph);

/* What is 0 or NULL takes the default. Start from ESPALIER_PRUNE_OPTIONS. */
typedef struct espalier_prune_options {
    size_t size;     /* sizeof(espalier_prune_options) */
    double sparsity; /* share of the prunable weights that is zero afterwards, or with `remove` of the units
                        that go: in (0, 1) */
    const char* criterion;   /* "magnitude"; one that needs no data */
    const char* granularity; /* "element"; "block 4x1", "2:4", "filter", ... */
    const char* scope;       /* "global", with `remove` "isomorphic" */
    int32_t remove;          /* not 0: filters, neurons and heads go, with all that is coupled with them */
    uint32_t reserved;       /* 0 */
    uint64_t seed;           /* of the random criterion */
} espalier_prune_options;
#define ESPALIER_PRUNE_OPTIONS \
    { sizeof(espalier_prune_options), 0.0, NULL, NULL, NULL, 0, 0, 0 }

/* Cuts the network's weights. What is zero already stays so and counts. A network that could not be cut is as
 * it was. */
espalier_status espalier_prune(espalier_graph* graph, const espalier_prune_options* options);

/* ---- Running */

typedef enum espalier_dtype {
    ESPALIER_F32 = 0,
    ESPALIER_F64 = 1,
    ESPALIER_F16 = 2,
    ESPALIER_BF16 = 3,
    ESPALIER_I8 = 4,
    ESPALIER_U8 = 5,
    ESPALIER_I16 = 6,
    ESPALIER_U16 = 7,
    ESPALIER_I32 = 8,
    ESPALIER_U32 = 9,
    ESPALIER_I64 = 10,
    ESPALIER_U64 = 11,
    ESPALIER_BOOL = 12
} espalier_dtype;

/* Memory of the caller in row-major order, aligned for its type. What is input is not written to. */
typedef struct espalier_tensor {
    void* data;
    size_t bytes; /* of `data`: exactly what the shape needs */
    int32_t dtype;
    uint32_t rank;
    const int64_t* shape; /* `rank` numbers; may be NULL for rank 0 */
} espalier_tensor;

/* An input or output of the network. Pointers live as long as the session. */
typedef struct espalier_value {
    const char* name;
    int32_t dtype;
    uint32_t rank;
    const int64_t* shape; /* -1: open */
} espalier_value;

typedef enum espalier_tuning {
    ESPALIER_TUNING_QUICK = 0, /* times what the cost model does not decide */
    ESPALIER_TUNING_NONE = 1,  /* by the cost model alone: the same program each time */
    ESPALIER_TUNING_FULL = 2   /* times every candidate */
} espalier_tuning;

typedef enum espalier_precision {
    ESPALIER_PRECISION_F32 = 0,
    ESPALIER_PRECISION_BF16 = 1, /* where it is faster; ESPALIER_UNSUPPORTED where the processor has none */
    ESPALIER_PRECISION_F16 = 2   /* likewise, of layers with zeros in their weights */
} espalier_precision;

typedef struct espalier_compile_options {
    size_t size;       /* sizeof(espalier_compile_options) */
    int32_t threads;   /* at most; 0: all cores */
    int32_t tuning;    /* espalier_tuning */
    int32_t precision; /* espalier_precision; f32 for a program whose header did not have it */
    int32_t reserved;  /* 0 */
} espalier_compile_options;
#define ESPALIER_COMPILE_OPTIONS \
    { sizeof(espalier_compile_options), 0, ESPALIER_TUNING_QUICK, ESPALIER_PRECISION_F32, 0 }

/* The session has what it needs of the network, which may be changed or freed afterwards. `options` may be
 * NULL. */
espalier_status espalier_compile(const espalier_graph* graph, const espalier_compile_options* options,
                                 espalier_session** session);
/* Another session of the same network for another thread; weights are shared. May be called while `session`
 * runs. */
espalier_status espalier_session_share(const espalier_session* session, espalier_session** shared);
/* NULL is no error. */
void espalier_session_free(espalier_session* session);

/* How many inputs and outputs there are; 0 of NULL. */
size_t espalier_session_inputs(const espalier_session* session);
size_t espalier_session_outputs(const espalier_session* session);
espalier_status espalier_session_input(const espalier_session* session, size_t index, espalier_value* value);
/* Open dimensions are known after espalier_session_prepare(), unless they depend on data. */
espalier_status espalier_session_output(const espalier_session* session, size_t index, espalier_value* value);

/* Compiles for inputs of these shapes, one a network's input, in its order; `data` and `bytes` are not looked
 * at. A run does so by itself. Pointers in earlier values of outputs end here. */
espalier_status espalier_session_prepare(espalier_session* session, const espalier_tensor* inputs,
                                         size_t count);

/* Runs, without copies: both in the network's order, outputs of the shapes that the inputs lead to. Inputs
 * and outputs must not overlap. */
espalier_status espalier_run(espalier_session* session, const espalier_tensor* inputs, size_t input_count,
                             const espalier_tensor* outputs, size_t output_count);

/* What one layer runs, and why: of the shapes last prepared or run. Pointers live until the session is
 * prepared, run or freed. Times in microseconds, 0 where there is none. */
typedef struct espalier_layer {
    const char* node;
    const char* op;
    const char* kernel;
    const char* why;
    double weights_left; /* share of its weights that is not zero; 1 without any */
    double predicted_us;
    double measured_us;
    double dense_us;
} espalier_layer;

/* How many layers there are; 0 before the first run, and of NULL. */
size_t espalier_session_layers(const espalier_session* session);
espalier_status espalier_session_layer(const espalier_session* session, size_t index, espalier_layer* layer);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
