using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Models;

/// <summary>All tensors of a model, each in its place: exactly those of specs/model.md §3, of the right type and size, and no others.</summary>
internal sealed class ModelTensors
{
    private const string EmbeddingName = "token_embd.weight";
    private const string HeadName = "output.weight";

    private ModelTensors(FloatTensor embedding, IReadOnlyList<LayerTensors> layers, FloatTensor outputNorm, FloatTensor? head) =>
        (Embedding, Layers, OutputNorm, OwnHead) = (embedding, layers, outputNorm, head);

    public FloatTensor Embedding { get; }

    public IReadOnlyList<LayerTensors> Layers { get; }

    public FloatTensor OutputNorm { get; }

    /// <summary>The head's own matrix; null where it is the embedding.</summary>
    public FloatTensor? OwnHead { get; }

    public FloatTensor Head => OwnHead ?? Embedding;

    /// <exception cref="ModelFormatException">A tensor is missing, too many, or of a wrong type or size.</exception>
    public static ModelTensors Read(GgufFile file, out ModelShape shape)
    {
        GgufTensor embedding = file.Tensors.GetValueOrDefault(EmbeddingName) ?? throw Missing(EmbeddingName);
        bool tied = !file.Tensors.ContainsKey(HeadName);
        shape = ModelArchitecture.ReadShape(file.Metadata, embedding, tied);
        Places places = new(file);
        LayerTensors[] layers = new LayerTensors[shape.Layers];
        FloatTensor rows = places.Matrix(EmbeddingName, shape.Vocabulary, shape.Dim);
        FloatTensor? head = tied ? null : places.Matrix(HeadName, shape.Vocabulary, shape.Dim);
        FloatTensor norm = places.Norm("output_norm.weight", shape.Dim);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer] = places.Layer(layer, shape);
        }

        places.RefuseTheRest();
        return new(rows, layers, norm, head);
    }

    private static ModelFormatException Missing(string name) => new($"The tensor '{name}' is missing.");

    /// <summary>Takes tensors out of the file by name, and knows which were taken.</summary>
    private sealed class Places(GgufFile file)
    {
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

        public LayerTensors Layer(int layer, ModelShape shape)
        {
            string Name(string part) => $"blk.{layer}.{part}.weight";
            return new(
                Norm(Name("attn_norm"), shape.Dim),
                Ternary(Name("attn_q"), shape.AttentionWidth, shape.Dim),
                Ternary(Name("attn_k"), shape.KvWidth, shape.Dim),
                Ternary(Name("attn_v"), shape.KvWidth, shape.Dim),
                shape.SubNorms ? Norm(Name("attn_sub_norm"), shape.AttentionWidth) : null,
                Ternary(Name("attn_output"), shape.Dim, shape.AttentionWidth),
                Norm(Name("ffn_norm"), shape.Dim),
                Ternary(Name("ffn_gate"), shape.FeedForward, shape.Dim),
                Ternary(Name("ffn_up"), shape.FeedForward, shape.Dim),
                shape.SubNorms ? Norm(Name("ffn_sub_norm"), shape.FeedForward) : null,
                Ternary(Name("ffn_down"), shape.Dim, shape.FeedForward));
        }

        public FloatTensor Norm(string name, int width)
        {
            GgufTensor tensor = Take(name, rows: 1, width);
            return tensor.Type == TensorType.F32
                ? new(tensor)
                : throw new ModelFormatException($"Tensor '{name}' has type {tensor.Type}; a norm is F32.");
        }

        public FloatTensor Matrix(string name, int rows, int columns)
        {
            GgufTensor tensor = Take(name, rows, columns);
            return tensor.Type.IsTernary()
                ? throw new ModelFormatException($"Tensor '{name}' has type {tensor.Type}; an embedding or head is F32, F16, BF16, Q8_0 or Q6_K.")
                : new(tensor);
        }

        public void RefuseTheRest()
        {
            if (file.Tensors.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !_taken.Contains(name)) is { } left)
            {
                throw new ModelFormatException($"The tensor '{left}' has no place in the architecture '{file.Metadata.Text("general.architecture")}'.");
            }
        }

        private TernaryTensor Ternary(string name, int rows, int columns)
        {
            GgufTensor tensor = Take(name, rows, columns);
            return tensor.Type.IsTernary()
                ? new(tensor)
                : throw new ModelFormatException($"Tensor '{name}' has type {tensor.Type}; the matrices of a layer are ternary: I2_S, TQ1_0 or TQ2_0.");
        }

        private GgufTensor Take(string name, int rows, int columns)
        {
            GgufTensor tensor = file.Tensors.GetValueOrDefault(name) ?? throw Missing(name);
            _taken.Add(name);
            return tensor.Columns == columns && tensor.Rows == rows
                ? tensor
                : throw new ModelFormatException($"Tensor '{name}' has {tensor.Rows} rows of {tensor.Columns}; {rows} of {columns} are expected.");
        }
    }
}
