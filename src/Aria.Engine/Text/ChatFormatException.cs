namespace Aria.Engine.Text;

/// <summary>Messages that a model's chat template cannot carry, or a model without a known template; the message may be shown to a client.</summary>
public sealed class ChatFormatException(string message) : Exception(message);
