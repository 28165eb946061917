using System.Security.Cryptography;
using Aria.Libp2p.Noise;

namespace Aria.Libp2p.Tests.Noise;

public sealed class CipherStateTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, CipherState.KeyBytes).Select(i => (byte)i)];

    [Fact]
    public async Task Rest_ChangesNothingOfWhatIsSent_EvenWhileItIsSent()
    {
        using CipherState sending = new(Key), receiving = new(Key);
        using CancellationTokenSource enough = new();
        Task resting = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested)
            {
                sending.Rest();
                receiving.Rest();
            }
        }, TestContext.Current.CancellationToken);
        byte[] frame = new byte[100 + CipherState.TagBytes];
        for (int i = 0; i < 20_000; i++)
        {
            frame.AsSpan(0, 100).Fill((byte)i);
            sending.Encrypt(frame.AsSpan(0, 100), frame.AsSpan(100));
            Assert.Equal(100, receiving.Decrypt(frame));
            Assert.Equal((byte)i, frame[99]);
        }

        await enough.CancelAsync();
        await resting;
    }

    [Fact]
    public void Nonce_IsTheFramesNumber_ThroughRests()
    {
        using CipherState sending = new(Key);
        using ChaCha20Poly1305 cipher = new(Key);
        for (byte i = 0; i < 3; i++)
        {
            byte[] frame = new byte[CipherState.TagBytes], expected = new byte[CipherState.TagBytes];
            sending.Encrypt([], frame);
            cipher.Encrypt((byte[])[0, 0, 0, 0, i, 0, 0, 0, 0, 0, 0, 0], (byte[])[], (byte[])[], expected);
            Assert.Equal(expected, frame);
            sending.Rest();
            sending.Rest();
        }
    }

    [Fact]
    public void ReplayedFrame_IsRefused()
    {
        using CipherState sending = new(Key), receiving = new(Key);
        byte[] frame = new byte[3 + CipherState.TagBytes];
        sending.Encrypt(frame.AsSpan(0, 3), frame.AsSpan(3));
        Assert.Equal(3, receiving.Decrypt(frame.ToArray()));
        Assert.Throws<ProtocolViolationException>(() => receiving.Decrypt(frame));
    }
}
