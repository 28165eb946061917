using Aria.Engine.Text;

namespace Aria.Engine.Models.Gguf;

/// <summary>What a file of a ternary model holds, in the names that its readers know (specs/model.md §3): hyperparameters, tokenizer, the table of tensors.</summary>
internal static class GgufModelHead
{
    private const uint QuantizationVersion = 2;

    public static GgufWriter AddHyperparameters(this GgufWriter writer, string architecture, string name, ModelShape shape, uint fileType) => writer
        .Add("general.architecture", architecture)
        .Add("general.name", name)
        .Add("general.alignment", (uint)GgufWriter.Alignment)
        .Add("general.file_type", fileType)
        .Add("general.quantization_version", QuantizationVersion)
        .Add($"{architecture}.vocab_size", (uint)shape.Vocabulary)
        .Add($"{architecture}.context_length", (uint)shape.Context)
        .Add($"{architecture}.embedding_length", (uint)shape.Dim)
        .Add($"{architecture}.block_count", (uint)shape.Layers)
        .Add($"{architecture}.feed_forward_length", (uint)shape.FeedForward)
        .Add($"{architecture}.attention.head_count", (uint)shape.Heads)
        .Add($"{architecture}.attention.head_count_kv", (uint)shape.KvHeads)
        .Add($"{architecture}.attention.key_length", (uint)shape.HeadDim)
        .Add($"{architecture}.attention.value_length", (uint)shape.HeadDim)
        .Add($"{architecture}.rope.dimension_count", (uint)shape.HeadDim)
        .Add($"{architecture}.rope.freq_base", shape.RopeTheta)
        .Add($"{architecture}.attention.layer_norm_rms_epsilon", shape.NormEpsilon);

    public static GgufWriter AddTokenizer(this GgufWriter writer, TokenizerMetadata tokenizer, string? chatTemplate)
    {
        writer.Add("tokenizer.ggml.model", tokenizer.Model);
        if (tokenizer.Pre is { } pre)
        {
            writer.Add("tokenizer.ggml.pre", pre);
        }

        writer.Add("tokenizer.ggml.tokens", tokenizer.Tokens);
        if (tokenizer.TokenTypes is { } types)
        {
            writer.Add("tokenizer.ggml.token_type", types);
        }

        if (tokenizer.Scores is { } scores)
        {
            writer.Add("tokenizer.ggml.scores", scores);
        }

        if (tokenizer.Merges is { } merges)
        {
            writer.Add("tokenizer.ggml.merges", merges);
        }

        foreach ((string role, uint? id) in ((string, uint?)[])
            [("bos", tokenizer.BeginOfSequence), ("eos", tokenizer.EndOfSequence), ("eot", tokenizer.EndOfTurn), ("unknown", tokenizer.Unknown)])
        {
            if (id is { } known)
            {
                writer.Add($"tokenizer.ggml.{role}_token_id", known);
            }
        }

        writer.Add("tokenizer.ggml.add_bos_token", true);
        if (tokenizer.AddSpacePrefix is { } prefix)
        {
            writer.Add("tokenizer.ggml.add_space_prefix", prefix);
        }

        if (chatTemplate is not null)
        {
            writer.Add("tokenizer.chat_template", chatTemplate);
        }

        return writer;
    }

    public static GgufWriter AddTensors(this GgufWriter writer, ModelShape shape, TensorType embedding, TensorType head, TensorType ternary)
    {
        writer.Add("token_embd.weight", shape.Dim, shape.Vocabulary, embedding).Add("output_norm.weight", shape.Dim, null, TensorType.F32);
        if (!shape.TiedHead)
        {
            writer.Add("output.weight", shape.Dim, shape.Vocabulary, head);
        }

        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"blk.{layer}.";
            writer
                .Add(prefix + "attn_norm.weight", shape.Dim, null, TensorType.F32)
                .Add(prefix + "attn_q.weight", shape.Dim, shape.AttentionWidth, ternary)
                .Add(prefix + "attn_k.weight", shape.Dim, shape.KvWidth, ternary)
                .Add(prefix + "attn_v.weight", shape.Dim, shape.KvWidth, ternary)
                .Add(prefix + "attn_output.weight", shape.AttentionWidth, shape.Dim, ternary)
                .Add(prefix + "ffn_norm.weight", shape.Dim, null, TensorType.F32)
                .Add(prefix + "ffn_gate.weight", shape.Dim, shape.FeedForward, ternary)
                .Add(prefix + "ffn_up.weight", shape.Dim, shape.FeedForward, ternary)
                .Add(prefix + "ffn_down.weight", shape.FeedForward, shape.Dim, ternary);
            if (shape.SubNorms)
            {
                writer
                    .Add(prefix + "attn_sub_norm.weight", shape.AttentionWidth, null, TensorType.F32)
                    .Add(prefix + "ffn_sub_norm.weight", shape.FeedForward, null, TensorType.F32);
            }
        }

        return writer;
    }
}
