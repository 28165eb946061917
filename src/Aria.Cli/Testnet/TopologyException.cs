namespace Aria.Cli.Testnet;

/// <summary>A topology that cannot be read or laid out; the message says what and where.</summary>
internal sealed class TopologyException(string message, Exception? cause = null) : Exception(message, cause);
