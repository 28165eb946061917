using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>A Hugging Face checkpoint of a ternary model, its tensors found by their names there (specs/model.md §6).</summary>
internal static class SafetensorsCheckpoint
{
    /// <summary>The parts of the checkpoint in <paramref name="folder"/>; they own what they map.</summary>
    /// <exception cref="ModelFormatException">No checkpoint of a model that this engine runs; the message says what is wrong.</exception>
    public static CheckpointParts Open(string folder, CheckpointOptions options)
    {
        byte[] json = CheckpointFolder.Read(Path.Combine(folder, "config.json"), CheckpointConfig.MaxBytes)
            ?? throw new ModelFormatException($"The folder {folder} holds no config.json.");
        CheckpointConfig config = CheckpointConfig.Parse(json);
        TokenizerMetadata tokenizer = CheckpointFolder.Tokenizer(folder, options);
        tokenizer = tokenizer with
        {
            BeginOfSequence = config.BeginOfSequence ?? tokenizer.BeginOfSequence,
            EndOfSequence = config.EndOfSequence ?? tokenizer.EndOfSequence,
        };
        List<IDisposable> files = [];
        try
        {
            Places places = new(CheckpointFolder.Tensors(folder, files), config);
            string name = options.Name ?? new DirectoryInfo(folder).Name;
            CheckpointParts parts = new(name, config.Architecture, config.Shape, tokenizer, CheckpointFolder.ChatTemplate(folder), places.Numbers, places.Matrices, files);
            places.TakeAll();
            return parts;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>Takes the tensors by name, and knows which were taken.</summary>
    private sealed class Places(Dictionary<string, SafetensorsTensor> tensors, CheckpointConfig config)
    {
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

        public Dictionary<string, FloatSource?> Numbers { get; } = [];

        public Dictionary<string, CheckpointMatrix> Matrices { get; } = [];

        public void TakeAll()
        {
            ModelShape shape = config.Shape;
            Number("token_embd", shape.Vocabulary, shape.Dim, "model.embed_tokens");
            Number("output_norm", null, shape.Dim, "model.norm");
            if (!shape.TiedHead)
            {
                Number("output", shape.Vocabulary, shape.Dim, "lm_head");
            }

            for (int layer = 0; layer < shape.Layers; layer++)
            {
                string to = $"blk.{layer}.";
                string from = $"model.layers.{layer}.";
                Number(to + "attn_norm", null, shape.Dim, from + "input_layernorm");
                Matrix(to + "attn_q", shape.AttentionWidth, shape.Dim, from + "self_attn.q_proj", rotated: true);
                Matrix(to + "attn_k", shape.KvWidth, shape.Dim, from + "self_attn.k_proj", rotated: true);
                Matrix(to + "attn_v", shape.KvWidth, shape.Dim, from + "self_attn.v_proj");
                Matrix(to + "attn_output", shape.Dim, shape.AttentionWidth, from + "self_attn.o_proj");
                Number(to + "ffn_norm", null, shape.Dim, from + "post_attention_layernorm");
                Matrix(to + "ffn_gate", shape.FeedForward, shape.Dim, from + "mlp.gate_proj");
                Matrix(to + "ffn_up", shape.FeedForward, shape.Dim, from + "mlp.up_proj");
                Matrix(to + "ffn_down", shape.Dim, shape.FeedForward, from + "mlp.down_proj");
                if (shape.SubNorms)
                {
                    // The names of the 2B-4T model, then those of the older ones.
                    Number(to + "attn_sub_norm", null, shape.AttentionWidth, from + "self_attn.attn_sub_norm", from + "self_attn.inner_attn_ln");
                    Number(to + "ffn_sub_norm", null, shape.FeedForward, from + "mlp.ffn_sub_norm", from + "mlp.ffn_layernorm");
                }
            }

            RefuseTheRest();
        }

        private void Number(string to, int? rows, int columns, params string[] names)
        {
            SafetensorsTensor tensor = Take(names);
            Numbers[to + ".weight"] = (tensor.Is(rows, columns) ? FloatSource.Of(tensor, rows ?? 1, columns) : null)
                ?? throw new ModelFormatException($"The tensor {tensor} should be F32, F16 or BF16 and {(rows is { } many ? $"{many} x {columns}" : $"{columns}")}.");
        }

        private void Matrix(string to, int rows, int columns, string name, bool rotated = false)
        {
            SafetensorsTensor tensor = Take(name);
            TernarySource source = tensor.Type == SafetensorsType.U8 ? Packed(tensor, rows, columns, name)
                : (tensor.Is(rows, columns) ? FloatSource.Of(tensor, rows, columns) : null) is { } numbers ? new UnpackedTernary(numbers, config.TrainedTernary)
                : throw new ModelFormatException($"The tensor {tensor} should be F32, F16 or BF16 and {rows} x {columns}, or U8 and {rows / 4} x {columns}.");
            Matrices[to + ".weight"] = rotated && config.Shape.Pairing == RopePairing.Neighbours ? CheckpointMatrix.NeighboursFromHalves(source, config.Shape.HeadDim) : new(source);
        }

        private PackedTernary Packed(SafetensorsTensor tensor, int rows, int columns, string name)
        {
            if (rows % 4 != 0 || !tensor.Is(rows / 4, columns))
            {
                throw new ModelFormatException($"The tensor {tensor} should have four rows of {rows} to a byte: {rows / 4} x {columns}.");
            }

            string scaleName = name + ".weight_scale";
            SafetensorsTensor scale = tensors.GetValueOrDefault(scaleName) ?? throw new ModelFormatException($"The packed tensor '{tensor.Name}' has no scale: '{scaleName}' is missing.");
            _taken.Add(scaleName);
            Span<float> value = stackalloc float[1];
            FloatSource? one = scale.Elements == 1 ? FloatSource.Of(scale, 1, 1) : null;
            (one ?? throw new ModelFormatException($"The tensor {scale} should be one F32, F16 or BF16.")).Row(0, value);
            float factor = config.PackedScale == PackedScale.Multiplies ? value[0] : 1f / value[0];
            return factor > 0 && float.IsFinite(factor)
                ? new(tensor, rows, columns, factor)
                : throw new ModelFormatException($"The scale '{scaleName}' is {value[0]}.");
        }

        private SafetensorsTensor Take(params string[] names)
        {
            string found = names.Select(name => name + ".weight").FirstOrDefault(tensors.ContainsKey) ?? throw new ModelFormatException($"The tensor '{names[0]}.weight' is missing.");
            _taken.Add(found);
            return tensors[found];
        }

        private void RefuseTheRest()
        {
            bool Harmless(string name) => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.Shape.TiedHead && name == "lm_head.weight");
            if (tensors.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !_taken.Contains(name) && !Harmless(name)) is { } left)
            {
                throw new ModelFormatException($"The tensor '{left}' has no place in the architecture '{config.Architecture}'.");
            }
        }
    }
}
