/* Prunes an ONNX network to a tenth of its weights and runs it on memory of its own. */
#include <espalier/c.h>
#include <stdio.h>

#define CHECK(call) if ((call) != ESPALIER_OK) return fprintf(stderr, "%s\n", espalier_last_error()), 1

int main(int argc, char** argv) {
    espalier_graph* graph = NULL;
    espalier_session* session = NULL;
    espalier_prune_options how = ESPALIER_PRUNE_OPTIONS;
    espalier_layer layer;
    static float x[2 * 28 * 28], y[2 * 10];
    const int64_t x_shape[] = {2, 1, 28, 28}, y_shape[] = {2, 10};
    const espalier_tensor in = {x, sizeof x, ESPALIER_F32, 4, x_shape}, out = {y, sizeof y, ESPALIER_F32, 2, y_shape};
    how.sparsity = 0.9;
    CHECK(espalier_graph_load(argc > 1 ? argv[1] : "model.onnx", &graph));
    CHECK(espalier_prune(graph, &how));
    CHECK(espalier_compile(graph, NULL, &session));
    CHECK(espalier_run(session, &in, 1, &out, 1));
    for (size_t i = 0; espalier_session_layer(session, i, &layer) == ESPALIER_OK; ++i)
        printf("%-12s %-28s %s\n", layer.node, layer.kernel, layer.why);
    espalier_session_free(session);
    espalier_graph_free(graph);
    return 0;
}
