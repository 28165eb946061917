using Aria.Wire.Signing;

namespace Aria.Ledger.Entries;

/// <summary>The keys of one log, derived from the identity and the log's origin: a new epoch has new ones.</summary>
internal sealed class LedgerKeys(SigningKey identity, string origin) : IDisposable
{
    /// <summary>Signs entries and checkpoints.</summary>
    public SigningKey Log { get; } = identity.Derive("ledger/log/" + origin);

    /// <summary>Will sign other logs' checkpoints; named in the manifest so that it is bound to the identity.</summary>
    public SigningKey Witness { get; } = identity.Derive("ledger/witness/" + origin);

    public void Dispose()
    {
        Log.Dispose();
        Witness.Dispose();
    }
}
