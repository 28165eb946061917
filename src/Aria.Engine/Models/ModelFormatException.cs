namespace Aria.Engine.Models;

/// <summary>A model file is not what it must be; the message says what is wrong and where.</summary>
public sealed class ModelFormatException(string message) : Exception(message);
