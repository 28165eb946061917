using System.Security.Cryptography;
using Aria.Engine.Catalogue;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Engine.Text;

namespace Aria.Engine.Models;

/// <summary>
/// An opened model (specs/model.md): container, metadata, tokenizer and every tensor checked, the weights mapped. Immutable and safe to share between threads;
/// engines that were made of it keep the mapping alive after it is disposed.
/// </summary>
public sealed class ModelFile : IDisposable
{
    private readonly ModelBytes _bytes;
    private readonly GgufMetadata _metadata;
    private readonly Lazy<CatalogueFile?> _catalogued;
    private readonly Lazy<Tokenizer> _tokenizer;
    private readonly Lazy<ModelManifest> _manifest;
    private readonly Lazy<RopeTable> _rope;
    private int _disposed;

    private ModelFile(ModelBytes bytes, string fallbackName)
    {
        GgufFile file;
        unsafe
        {
            file = GgufFile.Parse(bytes.Pointer, bytes.Length, bytes.IsMapped);
        }

        (_bytes, _metadata) = (bytes, file.Metadata);
        Tensors = ModelTensors.Read(file, out ModelShape shape);
        Shape = shape;
        Name = _metadata.TextOrNull("general.name") is { Length: > 0 } name ? name : fallbackName;
        Architecture = _metadata.Text("general.architecture");
        _catalogued = new(() => ModelCatalogue.Recognise(FileBytes, DigestOfFile));
        _tokenizer = ModelTokenizer.Read(_metadata, shape.Vocabulary, () => _catalogued.Value?.Model.Pre);
        _manifest = new(() => ModelManifest.Of(Shape, Tensors, _metadata));
        _rope = new(() => new(Shape.RopeTheta, Shape.HeadDim, Shape.Context));
    }

    /// <summary>The models embedded in this assembly, by the names that <see cref="Open"/> takes.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = ["aria-tiny"];

    /// <summary>The model's name as its file has it, else the file's.</summary>
    public string Name { get; }

    /// <summary>The GGUF architecture, such as <c>bitnet-25</c>.</summary>
    public string Architecture { get; }

    /// <summary>Hyperparameters.</summary>
    public ModelShape Shape { get; }

    /// <summary>SHA-256 of the manifest. The first use reads all weights (about a second for each gigabyte).</summary>
    /// <exception cref="ObjectDisposedException">First used after the model was disposed.</exception>
    public ModelId Id => Manifested.Id;

    /// <summary>The manifest that <see cref="Id"/> is the SHA-256 of (specs/model.md §5).</summary>
    /// <exception cref="ObjectDisposedException">First used after the model was disposed.</exception>
    public ReadOnlyMemory<byte> Manifest => Manifested.Bytes;

    /// <summary>Length of the file in bytes.</summary>
    public long FileBytes => _bytes.Length;

    /// <summary>The vocabulary's coder.</summary>
    /// <exception cref="ModelFormatException">The file describes a tokenizer of a kind that is not known here.</exception>
    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>How conversations are laid out.</summary>
    /// <exception cref="ChatFormatException">The model has no template, or an unknown one.</exception>
    public ChatTemplate ChatTemplate =>
        ChatTemplate.Of(Template, Name, Tokenizer, (_catalogued.Value?.Model ?? (Template is null ? ModelCatalogue.Find(Name) : null))?.ChatLayout);

    /// <summary>The official file that this is, byte for byte; null for any other. The first use may read all of the file.</summary>
    public CatalogueFile? Catalogued => _catalogued.Value;

    internal ModelTensors Tensors { get; }

    private string? Template => _metadata.TextOrNull("tokenizer.chat_template") is { Length: > 0 } template ? template : null;

    internal RopeTable Rope => _rope.Value;

    private ModelManifest Manifested
    {
        get
        {
            if (_manifest.IsValueCreated)
            {
                return _manifest.Value;
            }

            using ModelBytes held = Hold();
            return _manifest.Value;
        }
    }

    private unsafe Digest DigestOfFile()
    {
        const int chunk = 1 << 24;
        using ModelBytes held = Hold();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < held.Length; at += chunk)
        {
            hash.AppendData(new ReadOnlySpan<byte>(held.Pointer + at, (int)Math.Min(chunk, held.Length - at)));
        }

        return new(hash.GetHashAndReset());
    }

    /// <summary>Opens a built-in model by its name, else a GGUF file by its path.</summary>
    /// <exception cref="ModelFormatException">The file is no model that this engine runs; the message says what is wrong and where.</exception>
    /// <exception cref="FileNotFoundException">Neither a built-in name nor a file.</exception>
    public static ModelFile Open(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (BuiltInNames.Contains(nameOrPath))
        {
            using Stream resource = typeof(ModelFile).Assembly.GetManifestResourceStream($"{nameOrPath}.gguf")!;
            return Open(ModelBytes.Copy(resource), nameOrPath);
        }

        return File.Exists(nameOrPath)
            ? Open(ModelBytes.Map(nameOrPath), Path.GetFileNameWithoutExtension(nameOrPath))
            : throw new FileNotFoundException(
                $"'{nameOrPath}' is neither a model file nor the name of a built-in model ({string.Join(", ", BuiltInNames)}).", nameOrPath);
    }

    /// <summary>The digest of one layer's weights, as the manifest has it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such layer.</exception>
    public Digest LayerDigest(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, Shape.Layers);
        return Manifested.LayerDigests[layer];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _bytes.Dispose();
        }
    }

    /// <summary>Takes over <paramref name="bytes"/>.</summary>
    internal static ModelFile Open(ModelBytes bytes, string fallbackName)
    {
        try
        {
            return new(bytes, fallbackName);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the weights mapped until the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed and nothing holds it.</exception>
    internal ModelBytes Hold() => _bytes.Hold();
}
