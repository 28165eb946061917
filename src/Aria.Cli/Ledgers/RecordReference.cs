using System.CommandLine;
using System.Globalization;
using Aria.Ledger.Entries;
using Aria.Provenance.Checks;

namespace Aria.Cli.Ledgers;

/// <summary>How people name a record: its place in the log, the first digits of its id, or <c>last</c>.</summary>
internal sealed record RecordReference
{
    private const string LastWord = "last";

    /// <summary>Fewest digits of an id that count as one; shorter numbers are places.</summary>
    private const int FewestDigits = 8;

    private RecordReference()
    {
    }

    public long? Index { get; private init; }

    public string? IdPrefix { get; private init; }

    public static Argument<string> Argument() =>
        new("RECORD") { Description = "Its index in the log, at least 8 digits of its id, or \"last\"" };

    /// <exception cref="CommandFailedException">The text is none of the three.</exception>
    public static RecordReference Parse(string text) =>
        text == LastWord ? new()
        : text.Length < FewestDigits && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? new() { Index = index }
        : text.Length >= FewestDigits && text.All(char.IsAsciiHexDigit) ? new() { IdPrefix = text.ToLowerInvariant() }
        : throw CommandFailedException.Usage($"\"{text}\" names no record: an index, at least {FewestDigits} digits of an id, or \"{LastWord}\" is expected.");

    /// <summary>The entry meant, searched from the newest on.</summary>
    /// <exception cref="CommandFailedException">The log has no such entry.</exception>
    public async Task<LedgerEntry> FindAsync(ILogSource log, CancellationToken cancellationToken)
    {
        await foreach (LedgerEntry entry in log.NewestFirstAsync(cancellationToken))
        {
            if (IsMeant(entry))
            {
                return entry;
            }
        }

        string what = Index is { } index ? $"entry {index}" : IdPrefix is { } id ? $"record {id}" : "record";
        throw CommandFailedException.Precondition("unknown_record", $"The log of {log.Name} holds no {what}.", "aria ledger list");
    }

    private bool IsMeant(LedgerEntry entry) =>
        Index is { } index ? entry.Sequence == index
        : entry.Kind == EntryKind.Record
            && (IdPrefix is null || RecordCheck.Verify(entry.Payload).Id is { } id && id.ToString().StartsWith(IdPrefix, StringComparison.Ordinal));
}
