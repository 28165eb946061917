using System.Text;
using System.Text.Json;
using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>The files of a Hugging Face checkpoint: <c>config.json</c>, the weights in one safetensors file or several, the tokenizer's files (specs/model.md §6).</summary>
internal static class CheckpointFolder
{
    private const int MaxFiles = 1024;
    private const int MaxIndexBytes = 1 << 24;
    private const int MaxTemplateBytes = 1 << 20;
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A file of at most that many bytes; null where there is none.</summary>
    /// <exception cref="ModelFormatException">It is larger.</exception>
    public static byte[]? Read(string path, int maxBytes)
    {
        FileInfo file = new(path);
        return !file.Exists ? null
            : file.Length > maxBytes ? throw new ModelFormatException($"{path} has {file.Length} bytes; at most {maxBytes} are read.")
            : File.ReadAllBytes(path);
    }

    /// <summary>All tensors of the folder, and what keeps them mapped: the caller disposes that.</summary>
    /// <exception cref="ModelFormatException">No weights, a shard that is missing or broken, or a tensor in two of them.</exception>
    public static unsafe Dictionary<string, SafetensorsTensor> Tensors(string folder, List<IDisposable> files)
    {
        Dictionary<string, SafetensorsTensor> tensors = new(StringComparer.Ordinal);
        foreach (string path in Weights(folder))
        {
            ModelBytes bytes = ModelBytes.Map(path);
            files.Add(bytes);
            foreach ((string name, SafetensorsTensor tensor) in SafetensorsFile.Parse(bytes.Pointer, bytes.Length, Path.GetFileName(path)).Tensors)
            {
                if (!tensors.TryAdd(name, tensor))
                {
                    throw new ModelFormatException($"The tensor '{name}' stands in two files, the second of them {Path.GetFileName(path)}.");
                }
            }
        }

        return tensors;
    }

    /// <summary>The file that <paramref name="options"/> names, else the folder's.</summary>
    /// <exception cref="ModelFormatException">No tokenizer, or one that this engine does not follow.</exception>
    public static TokenizerMetadata Tokenizer(string? folder, CheckpointOptions options)
    {
        string[] places = options.Tokenizer is { } named ? [named] : folder is null ? [] : [Path.Combine(folder, "tokenizer.model"), Path.Combine(folder, "tokenizer.json")];
        string path = places.FirstOrDefault(File.Exists) ?? throw new ModelFormatException(
            options.Tokenizer is { } missing ? $"There is no tokenizer {missing}." : "The checkpoint has neither tokenizer.model nor tokenizer.json; another can be named (--tokenizer FILE).");
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return ByteLevelModel.Parse(Read(path, ByteLevelModel.MaxBytes), options.Pre);
        }

        byte[] bytes = Read(path, SentencePieceModel.MaxBytes)!;
        TokenizerMetadata tokenizer = SentencePieceModel.Parse(bytes);
        return folder is not null && Read(Path.Combine(folder, "added_tokens.json"), MaxIndexBytes) is { } added ? SentencePieceModel.WithAdded(tokenizer, added) : tokenizer;
    }

    /// <summary>The chat template: a file of its own, or in <c>tokenizer_config.json</c>; null for none.</summary>
    public static string? ChatTemplate(string folder)
    {
        if (Read(Path.Combine(folder, "chat_template.jinja"), MaxTemplateBytes) is { } text)
        {
            return StrictText(text);
        }

        return Read(Path.Combine(folder, "tokenizer_config.json"), MaxIndexBytes) is { } bytes
            ? CheckpointJson.Read("tokenizer_config.json", bytes, root => CheckpointJson.Find(root, "chat_template") switch
            {
                { ValueKind: JsonValueKind.Array } named => named.EnumerateArray()
                    .Where(one => CheckpointJson.TextOrNull(one, "name") == "default").Select(one => CheckpointJson.Text(one, "template")).FirstOrDefault(),
                _ => CheckpointJson.TextOrNull(root, "chat_template"),
            })
            : null;
    }

    /// <summary>The files that an index names, each once: plain names beside it, never paths.</summary>
    /// <exception cref="ModelFormatException">No index.</exception>
    public static List<string> Shards(ReadOnlyMemory<byte> index) => CheckpointJson.Read(Index, index, ReadShards);

    private static string StrictText(byte[] bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException("chat_template.jinja is not UTF-8.", e);
        }
    }

    private static List<string> Weights(string folder)
    {
        if (Read(Path.Combine(folder, Index), MaxIndexBytes) is { } index)
        {
            List<string> names = Shards(index);
            return [.. names.Select(name => Path.Combine(folder, name)).Select(path =>
                File.Exists(path) ? path : throw new ModelFormatException($"{Index} names {Path.GetFileName(path)}, which is missing."))];
        }

        string single = Path.Combine(folder, Single);
        return File.Exists(single) ? [single] : throw new ModelFormatException($"The folder {folder} holds neither {Single} nor {Index}.");
    }

    private static List<string> ReadShards(JsonElement root)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        JsonElement map = CheckpointJson.Find(root, "weight_map") ?? throw new ModelFormatException($"{Index} has no weight_map.");
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string name = entry.Value.GetString() ?? "";
            if (name.Length == 0 || name != Path.GetFileName(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                throw new ModelFormatException($"{Index} names the file \"{name}\", which is no safetensors file beside it.");
            }

            names.Add(name);
            if (names.Count > MaxFiles)
            {
                throw new ModelFormatException($"{Index} names more than {MaxFiles} files.");
            }
        }

        return [.. names];
    }
}
