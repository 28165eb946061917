namespace Aria.Discovery;

/// <summary>A node whose record the directory holds.</summary>
/// <param name="Record">Its newest record.</param>
/// <param name="Received">When that record was first seen.</param>
/// <param name="RoundTrip">The measured round trip to it; null before the first measurement.</param>
/// <param name="UnreachableSince">Since when it is passed over, because it was reported lost or did not answer; null while it is used.</param>
public sealed record KnownNode(CapabilityRecord Record, DateTimeOffset Received, TimeSpan? RoundTrip, DateTimeOffset? UnreachableSince);
