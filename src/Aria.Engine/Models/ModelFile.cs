using Aria.Engine.Text;

namespace Aria.Engine.Models;

/// <summary>An opened, validated model: metadata, tokenizer, mapped tensors. Safe to share between threads.</summary>
public sealed class ModelFile : IDisposable
{
    private ModelFile() => throw new NotImplementedException();

    /// <summary>Models embedded in this assembly.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = ["aria-tiny"];

    /// <summary>The model's name.</summary>
    public string Name => throw new NotImplementedException();

    /// <summary>GGUF architecture.</summary>
    public string Architecture => throw new NotImplementedException();

    /// <summary>Hyperparameters.</summary>
    public ModelShape Shape => throw new NotImplementedException();

    /// <summary>The manifest's digest.</summary>
    public ModelId Id => throw new NotImplementedException();

    /// <summary>Length of the file in bytes.</summary>
    public long FileBytes => throw new NotImplementedException();

    /// <summary>The vocabulary's coder.</summary>
    public Tokenizer Tokenizer => throw new NotImplementedException();

    /// <summary>How conversations are laid out.</summary>
    /// <exception cref="ChatFormatException">The model has no template, or an unknown one.</exception>
    public ChatTemplate ChatTemplate => throw new NotImplementedException();

    /// <summary>Opens a built-in model by name, else a GGUF file by path.</summary>
    /// <exception cref="ModelFormatException">The file is no model that this engine runs.</exception>
    /// <exception cref="FileNotFoundException">Neither a built-in name nor a file.</exception>
    public static ModelFile Open(string nameOrPath) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
