namespace Aria.Testing;

/// <summary>What a stranger may send in place of a message.</summary>
public static class ChangedBytes
{
    private const int MaxNoiseBytes = 80;
    private const int MaxChanges = 3;

    /// <summary>Random bytes, a cut vector, or a vector with a few bytes changed, put in or taken out.</summary>
    public static byte[] Of(Random random, byte[] vector)
    {
        if (random.Next(4) == 0)
        {
            byte[] noise = new byte[random.Next(MaxNoiseBytes)];
            random.NextBytes(noise);
            return noise;
        }

        List<byte> bytes = [.. vector];
        for (int changes = random.Next(MaxChanges + 1); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.Insert(at, (byte)random.Next(256)); break;
                case 2: bytes.RemoveAt(at); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
