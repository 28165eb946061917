namespace Aria.Libp2p.Connections;

/// <summary>Addresses that lately could not be dialed, and until when each is passed over: doubled with every failure in a row, bounded in time and number.</summary>
internal sealed class DialBackoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private const int MaxAddresses = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<Multiaddress, (int Failures, DateTimeOffset Until)> _failed = [];

    public bool IsPassedOver(Multiaddress address)
    {
        lock (_gate)
        {
            return _failed.TryGetValue(address, out var failed) && time.GetUtcNow() < failed.Until;
        }
    }

    public void Failed(Multiaddress address)
    {
        lock (_gate)
        {
            if (!_failed.TryGetValue(address, out var failed) && _failed.Count == MaxAddresses)
            {
                _failed.Remove(_failed.MinBy(one => one.Value.Until).Key);
            }

            TimeSpan pause = first * Math.Pow(2, Math.Min(failed.Failures, 30));
            _failed[address] = (failed.Failures + 1, time.GetUtcNow() + (pause < longest ? pause : longest));
        }
    }

    public void Succeeded(Multiaddress address)
    {
        lock (_gate)
        {
            _failed.Remove(address);
        }
    }
}
