namespace Aria.Pipeline.Streams;

/// <summary>The peer's bytes on a pipeline stream do not follow the protocol.</summary>
public sealed class MalformedStreamException(string message) : Exception(message);
