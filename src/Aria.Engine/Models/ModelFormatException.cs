namespace Aria.Engine.Models;

/// <summary>A model file that cannot be used; the message says what is wrong and where. The one exception of every model parser.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>With the reason.</summary>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>With the reason and its cause.</summary>
    public ModelFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
