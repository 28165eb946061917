namespace Aria.Ledger.Verification;

/// <summary>Verification in one call: of bytes that were fetched, or of a directory.</summary>
public static class LedgerVerification
{
    /// <summary>Verifies all entries of a log, from entry 0 on, against a checkpoint note; see <see cref="LedgerVerifier"/> for a log that comes in pages.</summary>
    public static VerificationResult Verify(
        IEnumerable<ReadOnlyMemory<byte>> entries, ReadOnlyMemory<byte>? checkpoint, NodeId? expected = null, PayloadCheck? payloadCheck = null)
    {
        LedgerVerifier verifier = new(checkpoint, expected, payloadCheck);
        foreach (ReadOnlyMemory<byte> entry in entries)
        {
            verifier.Add(entry);
        }

        return verifier.Complete();
    }

    /// <summary>
    /// Verifies a log's directories without changing a byte, also beside the process that appends: every byte of every file is held against a checksum or digest, then the
    /// entries as above, then the index. Whatever the node's software says is not asked.
    /// </summary>
    public static VerificationResult VerifyDirectory(string directory, string headDirectory, NodeId? expected = null, PayloadCheck? payloadCheck = null) =>
        DirectoryVerification.Run(directory, headDirectory, expected, payloadCheck);
}
