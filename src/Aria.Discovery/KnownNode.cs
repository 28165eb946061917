namespace Aria.Discovery;

/// <summary>A node whose record the directory holds.</summary>
/// <param name="Record">Its newest record.</param>
/// <param name="Received">When that record was first seen.</param>
/// <param name="Source">How it came.</param>
/// <param name="RoundTrip">The measured round trip to it; null before the first measurement.</param>
/// <param name="Measured">When the way was last measured; null before the first measurement.</param>
/// <param name="UnreachableSince">Since when it is passed over, because it was reported lost or did not answer; null while it is used.</param>
public sealed record KnownNode(CapabilityRecord Record, DateTimeOffset Received, RecordSource Source, TimeSpan? RoundTrip, DateTimeOffset? Measured, DateTimeOffset? UnreachableSince);
